import type { AddressInfo } from 'node:net'
import Koa from 'koa'
import { createSessions, type Sessions, subjectGuard } from 'sojourn/adapter'
import { memoryStore } from 'sojourn/memory'
import { describe, expect, onTestFinished, test } from 'vitest'
import { withSessions } from '../examples/fetch-adapter.ts'
import { koaSessions } from '../examples/koa-adapter.ts'
import { ask } from './support/http-client.ts'

const secret = 'a secret that only the tests of adapters know'

/** What a visitor is told, and the cookie that came along. */
interface Told {
  readonly status: number
  readonly body: string
  readonly cookies: readonly string[]
  readonly caching: string | null
}

type Ask = (path: string, cookie?: string) => Promise<Told>

/** The same small application on each: it counts, redirects, fails after a change, and signs in. */
const adapters: readonly [title: string, open: (sessions: Sessions) => Promise<Ask>][] = [
  ['fetch', async sessions => askFetch(withSessions(sessions, answerFetch))],
  ['Koa', askKoa],
]

describe.each(adapters)('an adapter of the kit for %s', (_title, open) => {
  test('keeps a session, and stores it before it answers', async () => {
    const store = memoryStore()
    const request = await open(createSessions({ secret, store }))
    const first = await request('/count')
    expect([first.body, first.caching, store.size]).toEqual(['1', 'no-store', 1])
    const second = await request('/count', cookieOf(first))
    expect([second.body, second.cookies]).toEqual(['2', []])
  })

  test('keeps the session of a redirect, and of a route that fails', async () => {
    const request = await open(createSessions({ secret }))
    const first = await request('/redirect')
    expect(first.status).toBe(302)
    const second = await request('/fail', cookieOf(first))
    expect(second.status).toBe(500)
    expect((await request('/count', cookieOf(first))).body).toBe('3')
  })

  test('costs strangers nothing, and keeps other cookies', async () => {
    const store = memoryStore()
    const request = await open(createSessions({ secret, store }))
    expect(await request('/')).toMatchObject({ cookies: [], caching: null })
    const { cookies } = await request('/other')
    expect(cookies).toEqual(['other=1', expect.stringMatching(/^connect\.sid=/)])
    expect(store.size).toBe(1)
  })
})

test('a guard of the kit refuses what it does not let through', async () => {
  const sessions = createSessions({ secret })
  const request = askFetch(withSessions(sessions, answerFetch, [subjectGuard({ redirect: '/sign-in' })]))
  expect(await request('/count')).toMatchObject({ status: 303, cookies: [], caching: 'no-store' })
})

function cookieOf({ cookies }: Told): string {
  return cookies.at(-1)?.split(';', 1)[0] ?? ''
}

interface Route {
  readonly path: string
  readonly session: Record<string, unknown>
}

/** Answers the count, or where to go, or fails. */
function visitPage({ path, session }: Route): number | undefined {
  if (path === '/') return undefined
  session['count'] = Number(session['count'] ?? 0) + 1
  if (path === '/fail') throw new Error('the route')
  return Number(session['count'])
}

async function answerFetch(
  request: Request,
  visit: { readonly session: object | undefined },
): Promise<Response> {
  const { pathname: path } = new URL(request.url)
  const count = visitPage({ path, session: path === '/' ? {} : Object(visit.session) })
  if (path === '/redirect') return Response.redirect('http://shop.example/count', 302)
  const headers: Record<string, string> = path === '/other' ? { 'set-cookie': 'other=1' } : {}
  return new Response(String(count), { headers })
}

function askFetch(handle: (request: Request) => Promise<Response>): Ask {
  return async (path, cookie = '') => {
    const request = new Request(`http://shop.example${path}`, { headers: { cookie } })
    const response = await handle(request).catch(() => new Response('', { status: 500 }))
    const { status, headers } = response
    return {
      status,
      body: await response.text(),
      cookies: headers.getSetCookie(),
      caching: headers.get('cache-control'),
    }
  }
}

async function askKoa(sessions: Sessions): Promise<Ask> {
  const app = new Koa()
  app.silent = true
  app.use(koaSessions(sessions)).use(async context => {
    const { path } = context
    const count = visitPage({ path, session: path === '/' ? {} : Reflect.get(context, 'session') })
    if (path === '/redirect') context.redirect('/count')
    else context.body = String(count)
    if (path === '/other') context.append('set-cookie', 'other=1')
  })
  const server = app.listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await new Promise(resolve => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  return async (path, cookie = '') => {
    const { status, body, cookies, headers } = await ask(port, path, { headers: { cookie } })
    return { status, body, cookies, caching: headers['cache-control'] ?? null }
  }
}
