import express from 'express'
import type { Session } from 'sojourn'
import { memoryStore } from 'sojourn/memory'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { ask } from '../../support/http-client.ts'
import { later } from '../../support/late-store.ts'
import { codeOf, serve } from '../../support/servers.ts'

const secret = 'a secret that only these tests know'
const stores = [
  ['answers at once', () => memoryStore()],
  ['answers later', () => later(memoryStore())],
] as const
const ways = ['signIn', 'rotate'].flatMap(act =>
  [true, false].map(looksBefore => [act, looksBefore] as const),
)

/** @see issue 13, points 5 and 9 */
describe.each(stores)('using a session after the head has left, with a store that %s', (_kind, makeStore) => {
  let warnings: unknown[] = []
  beforeEach(() => {
    warnings = []
    vi.spyOn(process, 'emitWarning').mockImplementation((_message, options) => {
      warnings.push(Reflect.get(Object(options), 'code'))
    })
    return () => void vi.restoreAllMocks()
  })

  async function open(looksBefore: boolean) {
    // A process gives each warning once, so each test loads its own copy of the library.
    vi.resetModules()
    const { default: session } = await import('sojourn')
    const store = makeStore()
    const app = express()
    app.use(session({ secret, store }))
    app.get('/in', async (request, response) => {
      await request.session.signIn('ada')
      response.end()
    })
    app.get('/me', (request, response) => void response.end(String(request.session.subject)))
    app.get('/begin', (request, response) => {
      if (looksBefore) void request.session.subject
      response.write('head')
      Object.assign(request.session, { user: 'bob' })
      response.end()
    })
    const act = (request: object, name: string): Promise<string> => {
      const each: Session = Reflect.get(request, 'session')
      return (name === 'rotate' ? each.rotate() : each.signIn('bob')).then(() => 'done', codeOf)
    }
    app.get('/:act/head', async (request, response) => {
      if (looksBefore) void request.session.subject
      response.write('head ')
      response.end(await act(request, request.params.act))
    })
    app.get('/:act/end', async (request, response) => {
      if (looksBefore) void request.session.subject
      response.end()
      await new Promise(resolve => response.once('close', resolve))
      codes.push(await act(request, request.params.act))
    })
    const codes: string[] = []
    const port = await serve(app)
    return { port, store, codes }
  }

  test.each(ways)(
    '`%s` is refused, and the visitor stays signed in (read before: %j)',
    async (act, looksBefore) => {
      const { port } = await open(looksBefore)
      const { cookie } = await ask(port, '/in')
      const headers = { cookie }
      expect((await ask(port, `/${act}/head`, { headers })).body).toBe('head HEAD_SENT')
      expect((await ask(port, '/me', { headers })).body).toBe('ada')
    },
  )

  test.each(ways)(
    '`%s` after the end is refused, and the visitor stays signed in (read before: %j)',
    async (act, looksBefore) => {
      const { port, codes } = await open(looksBefore)
      const { cookie } = await ask(port, '/in')
      const headers = { cookie }
      await ask(port, `/${act}/end`, { headers })
      await expect.poll(() => codes).toEqual(['HEAD_SENT'])
      expect((await ask(port, '/me', { headers })).body).toBe('ada')
    },
  )

  test.each([true, false])('a new session gives a warning (read before: %j)', async looksBefore => {
    const { port } = await open(looksBefore)
    await ask(port, '/begin')
    await expect.poll(() => warnings).toContain('SOJOURN_TOO_LATE')
  })
})
