import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import compression from 'compression'
import connect from 'connect'
import express, { type Express, type NextFunction, type Request, type Response } from 'express'
import session, { type RecordStore, type SessionEvents, type SessionOptions, SojournError } from 'sojourn'
import { memoryStore } from 'sojourn/memory'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { ScriptedStore } from '../stores/scripted-store.ts'
import { Gate } from '../support/gate.ts'
import { GatedStore } from '../support/gated-store.ts'
import { type Answer, ask } from '../support/http-client.ts'
import { askHttp2 } from '../support/http2-client.ts'
import { bodyOf, get, linesOf, RawClient } from '../support/raw-client.ts'
import { codeOf, type Errors, type Protocol, plain, type Route, serve } from '../support/servers.ts'

const secret = 'drop-in'
/** Express 4 has the same types as Express 5, as far as this file uses them. */
const express4: typeof express = createRequire(import.meta.url)('express4')
let views = ''

beforeAll(async () => {
  views = await mkdtemp(join(tmpdir(), 'views-'))
  await writeFile(join(views, 'page.txt'), 'a page for NAME')
})
afterAll(() => rm(views, { recursive: true }))

describe.each([
  ['Express 5', express],
  ['Express 4', express4],
])('on %s', (_name, framework) => {
  const whole: { readonly [what: string]: (response: Response, request: Request) => unknown } = {
    'a text that is sent': response => response.send('whole'),
    JSON: response => response.json({ all: 'whole' }),
    'bytes that are sent': response => response.send(Buffer.from('whole')),
    'a redirect': response => response.redirect('/elsewhere'),
    'a bare status': response => response.sendStatus(404),
    'a rendered page': response => response.render('page', { name: 'Ada' }),
    'a cookie of its own': response => response.cookie('own', '1').cookie('other', '2').send('whole'),
    'a page that is not modified': response => response.status(304).end(),
    'an answer that knows its length': response => response.set('Content-Length', '5').send('whole'),
  }
  for (const [what, answer] of Object.entries(whole)) {
    test(`${what} leaves after the save, as without a session`, async () => {
      const { store, client } = await openApp(framework, (request, response) => {
        request.session.visits = 1
        answer(response, request)
      })
      const gate = store.hold('create')
      client.send(get('/', 'Connection: close'))
      await store.called('create')
      expect(await client.afterAMoment()).toBe('')
      gate.open()
      const held = await client.closes()
      const bare = await bareAnswer(framework, answer)
      expect(bodyOf(held)).toBe(bodyOf(bare))
      expect(theirs(held)).toEqual(theirs(bare))
      expect(ours(held)).toHaveLength(1)
    })

    test(`${what} becomes an error page when the save fails`, async () => {
      const { store, port, errors } = await openApp(framework, (request, response) => {
        request.session.visits = 1
        answer(response, request)
      })
      store.break('rejects', 'create')
      const page = await ask(port)
      expect(page).toMatchObject({ status: 500, body: 'a page that says sorry' })
      expect(page.cookies.filter(line => line.startsWith('connect.sid='))).toEqual([])
      expect(errors.map(codeOf)).toEqual(['STORE_FAILED'])
    })
  }

  test('the default error page is sent when the save fails and no error handler handles it', async () => {
    const store = new GatedStore()
    store.break('rejects', 'create')
    const app = framework()
    app.set('env', 'test')
    app.use(session({ secret, store }))
    app.get('/', (request, response) => {
      Object.assign(request.session, { visits: 1 })
      response.cookie('own', '1').json({ all: 'whole' })
    })
    const page = await ask(await serve(app))
    expect(page.status).toBe(503)
    expect(page.body).toContain('Expected the gated store to create a session')
  })

  test('a file is streamed, and its end waits for the save', async () => {
    await writeFile(join(views, 'large.bin'), 'x'.repeat(200_000))
    const { store, client } = await openApp(framework, (request, response) => {
      request.session.visits = 1
      response.sendFile('large.bin', { root: views })
    })
    const gate = store.hold('create')
    client.send(get('/', 'Connection: close'))
    await client.receives(/xxx/)
    await store.called('create')
    const begun = await client.afterAMoment()
    expect(linesOf(begun, 'Content-Length')).toEqual(['200000'])
    expect(ours(begun)).toHaveLength(1)
    gate.open()
    expect(bodyOf(await client.closes())).toBe('x'.repeat(200_000))
  })

  test('a file that is not modified is answered with 304 after a touch', async () => {
    await writeFile(join(views, 'small.txt'), 'small')
    const { store, port } = await openApp(framework, (request, response) => {
      request.session.visits = 1
      response.sendFile('small.txt', { root: views, cacheControl: false })
    })
    const first = await ask(port)
    const etag = String(first.headers.etag)
    const second = await ask(port, '/', { headers: { 'if-none-match': etag, cookie: first.cookie } })
    expect(second).toMatchObject({ status: 304, body: '' })
    expect(store.size).toBe(1)
  })

  test('an error that a route throws after using the session goes to the error handler, and the session is stored', async () => {
    const { store, port, errors } = await openApp(framework, request => {
      request.session.visits = 1
      throw new Error('a mistake')
    })
    const page = await ask(port)
    expect(page.status).toBe(500)
    expect(errors.map(codeOf)).toEqual(['a mistake'])
    expect(store.size).toBe(1)
    expect(page.cookies).toHaveLength(1)
  })

  test('a route that answers twice gets the error of Express', async () => {
    const told: unknown[] = []
    const { port } = await openApp(framework, (request, response) => {
      request.session.visits = 1
      response.send('first')
      try {
        response.status(404).json({ second: true })
      } catch (error) {
        told.push(codeOf(error))
      }
    })
    expect(await ask(port)).toMatchObject({ status: 200, body: 'first' })
    expect(told).toEqual(['ERR_HTTP_HEADERS_SENT'])
  })

  test('a route that never uses the session makes no store call', async () => {
    const store = memoryStore()
    const asked: string[] = []
    for (const verb of ['create', 'load', 'replace', 'touch', 'delete'] as const)
      noteCalls(store, verb, asked)
    const app = framework()
    app.use(session({ secret, store }))
    app.get('/look', (request, response) => {
      Object.assign(request.session, { visits: 1 })
      response.send('whole')
    })
    app.get('/', (_request, response) => response.send('whole'))
    const port = await serve(app)
    const { cookie } = await ask(port, '/look')
    expect(asked).toEqual(['create'])
    await ask(port, '/', { headers: { cookie } })
    await ask(port)
    expect(asked).toEqual(['create'])
    await ask(port, '/look', { headers: { cookie } })
    expect(asked).toContain('load')
  })

  test('a session that the route deletes from the request is not stored, and the answer leaves', async () => {
    const ways: readonly ((request: Request) => void)[] = [
      request => Reflect.deleteProperty(request, 'session'),
      request => Object.assign(request, { session: null }),
      request => Object.assign(request, { session: undefined }),
    ]
    for (const way of ways) {
      const { store, port } = await openApp(framework, (request, response) => {
        request.session.visits = 1
        way(request)
        response.send('whole')
      })
      expect(await ask(port)).toMatchObject({ status: 200, body: 'whole', cookies: [] })
      expect(store.calls).toEqual([])
    }
  })

  for (const place of ['before', 'after'] as const) {
    for (const [size, page] of Object.entries({ small: 'whole', large: 'whole '.repeat(2000) })) {
      test(`a ${size} page arrives when compression comes ${place} the middleware`, async () => {
        const { store, port } = await openCompressed(framework, place, response => response.send(page))
        const answer = await ask(port, '/', { headers: { 'Accept-Encoding': 'gzip' } })
        expect(answer.status).toBe(200)
        expect(decoded(answer)).toBe(page)
        expect(answer.headers['content-encoding']).toBe(size === 'large' ? 'gzip' : undefined)
        expect(answer.cookies).toHaveLength(1)
        expect(store.size).toBe(1)
      })
    }

    test(`a page with a written head arrives when compression comes ${place} the middleware`, async () => {
      const page = 'whole '.repeat(2000)
      const { port } = await openCompressed(framework, place, response => {
        response.writeHead(201, { 'Content-Type': 'text/plain' })
        response.end(page)
      })
      const answer = await ask(port, '/', { headers: { 'Accept-Encoding': 'br' } })
      expect(answer.status).toBe(201)
      expect(decoded(answer)).toBe(page)
      expect(answer.cookies).toHaveLength(1)
    })

    test(`a compressed stream is not held back when compression comes ${place} the middleware`, async () => {
      const next = new Gate()
      const { store, client } = await openCompressed(framework, place, async response => {
        response.writeHead(200, { 'Content-Type': 'text/event-stream' })
        response.write('data: 1\n\n')
        response.flush()
        await next.passed
        response.end('data: 2\n\n')
      })
      const gate = store.hold('create')
      client.send(get('/', 'Accept-Encoding: gzip', 'Connection: close'))
      const begun = await client.receives(/\r\n\r\n[\s\S]{10,}/)
      expect(linesOf(begun, 'Content-Encoding')).toEqual(['gzip'])
      expect(ours(begun)).toHaveLength(1)
      next.open()
      await store.called('create')
      expect(await client.afterAMoment()).not.toMatch(/\r\n0\r\n\r\n$/)
      gate.open()
      expect(await client.closes()).toMatch(/\r\n0\r\n\r\n$/)
    })
  }

  test('no part of a compressed page leaves before the save, when compression comes before', async () => {
    const { store, client } = await openCompressed(framework, 'before', response =>
      response.send('whole '.repeat(2000)),
    )
    const gate = store.hold('create')
    client.send(get('/', 'Accept-Encoding: gzip', 'Connection: close'))
    await store.called('create')
    expect(await client.afterAMoment()).toBe('')
    gate.open()
    expect(linesOf(await client.closes(), 'Content-Encoding')).toEqual(['gzip'])
  })

  test('a compressed page whose save fails becomes an error page that can be read', async () => {
    const { store, port } = await openCompressed(framework, 'before', response =>
      response.send('whole '.repeat(2000)),
    )
    store.break('rejects', 'create')
    const answer = await ask(port, '/', { headers: { 'Accept-Encoding': 'gzip' } })
    expect(answer.status).toBe(500)
    expect(decoded(answer)).toBe('a page that says sorry')
  })
})

describe('on Connect', () => {
  test('an answer leaves after the save, and a failed save reaches the error handler', async () => {
    const store = new GatedStore()
    const app = connect()
    app.use(session({ secret, store }))
    app.use((request, response) => {
      Object.assign(request, { session: { visits: 1 } })
      response.end('whole')
    })
    app.use((error: Error, _request: unknown, response: ServerResponse, _next: unknown) => {
      response.statusCode = 500
      response.end(codeOf(error))
    })
    const port = await serve(app)
    const gate = store.hold('create')
    const client = new RawClient(port).send(get('/'))
    await store.called('create')
    expect(await client.afterAMoment()).toBe('')
    gate.open()
    await client.receives(/whole/)
    store.break('rejects', 'create')
    expect(await ask(port)).toMatchObject({ status: 500, body: 'STORE_FAILED', cookies: [] })
  })
})

describe.each<Protocol>(['h2c', 'h2'])('over %s', protocol => {
  const isSecure = protocol === 'h2'

  test('an answer leaves after the save, with its cookie, and the next request finds the session', async () => {
    const { store, port } = await openPlain(protocol, (request, response) => {
      request.session.visits = Number(request.session.visits ?? 0) + 1
      response.end(`visit ${request.session.visits}`)
    })
    const gate = store.hold('create')
    const first = askHttp2(port, '/', { isSecure })
    await store.called('create')
    await new Promise(resolve => setTimeout(resolve, 30))
    expect(first.headers).toBeUndefined()
    gate.open()
    await first.end()
    expect(first).toMatchObject({ status: 200, body: 'visit 1' })
    expect(first.cookies).toHaveLength(1)
    const cookie = String(first.cookies[0]?.split(';')[0])
    const second = await askHttp2(port, '/', { isSecure, headers: { cookie } }).end()
    expect(second.body).toBe('visit 2')
  })

  const endings: { readonly [form: string]: Route } = {
    'without a body': (_request, response) => response.end(),
    'with zero bytes': (_request, response) => response.end(''),
    'with a head and no body': (_request, response) => response.writeHead(204).end(),
    'with a head of headers': (_request, response) =>
      response.writeHead(200, { 'x-own': '1', 'set-cookie': ['own=1', 'other=2'] }).end('whole'),
    'with a head of a flat list': (_request, response) =>
      response.writeHead(200, ['x-own', '1', 'set-cookie', 'own=1', 'set-cookie', 'other=2']).end('whole'),
    'with a head of pairs': (_request, response) =>
      Reflect.apply(response.writeHead, response, [200, [['x-own', '1']]]).end('whole'),
    'after cookies were set': (_request, response) => {
      response.setHeader('set-cookie', ['own=1', 'other=2'])
      response.writeHead(200).end('whole')
    },
    'in parts': (_request, response) => {
      response.write('who')
      response.end('le')
    },
    'with flushed headers': (_request, response) => {
      response.flushHeaders()
      response.end('whole')
    },
  }
  for (const [form, end] of Object.entries(endings)) {
    test(`a response that ends ${form} arrives as without a session`, async () => {
      const { store, port } = await openPlain(protocol, (request, response) => {
        request.session.visits = 1
        return end(request, response)
      })
      const held = await askHttp2(port, '/', { isSecure }).end()
      const barePort = await serve((request, response) => void end(request as never, response), protocol)
      const bare = await askHttp2(barePort, '/', { isSecure }).end()
      expect({ status: held.status, body: held.body }).toEqual({ status: bare.status, body: bare.body })
      expect(held.headers?.['x-own']).toBe(bare.headers?.['x-own'])
      expect(held.cookies.slice(0, -1)).toEqual(bare.cookies)
      expect(held.cookies.at(-1)).toMatch(/^connect\.sid=/)
      expect(store.size).toBe(1)
    })
  }

  test('a written head leaves at once when the response has not ended', async () => {
    const rest = new Gate()
    const { port } = await openPlain(protocol, async (request, response) => {
      request.session.visits = 1
      response.writeHead(200, { 'x-own': '1' })
      await rest.passed
      response.end('whole')
    })
    const answer = await askHttp2(port, '/', { isSecure }).head()
    expect(answer.headers?.['x-own']).toBe('1')
    expect(answer.cookies).toHaveLength(1)
    rest.open()
    await answer.end()
    expect(answer.body).toBe('whole')
  })

  test('a stream is not held back, and its end waits for the save', async () => {
    const { store, port } = await openPlain(protocol, (request, response) => {
      request.session.visits = 1
      response.write('one,')
      response.end('two')
    })
    const gate = store.hold('create')
    const answer = await askHttp2(port, '/', { isSecure }).head()
    expect(answer.cookies).toHaveLength(1)
    await store.called('create')
    expect(answer.isEnded).toBe(false)
    gate.open()
    await answer.end()
    expect(answer.body).toBe('one,two')
  })

  test('a failed save is an error response without a cookie', async () => {
    const { store, port, errors } = await openPlain(protocol, (request, response) => {
      request.session.visits = 1
      response.setHeader('x-own', '1')
      response.end('whole')
    })
    store.break('rejects', 'create')
    const answer = await askHttp2(port, '/', { isSecure }).end()
    expect(answer).toMatchObject({ status: 503, body: 'sorry: STORE_FAILED' })
    expect(answer.cookies).toEqual([])
    expect(errors).toHaveLength(1)
  })

  test('a visitor who disconnects during the save does no harm', async () => {
    const gone = new Gate()
    const { store, port, errors } = await openPlain(protocol, (request, response) => {
      request.session.visits = 1
      response.on('close', () => gone.open())
      response.end('whole')
    })
    const gate = store.hold('create')
    const answer = askHttp2(port, '/', { isSecure })
    await store.called('create')
    answer.stream.session?.destroy()
    await gone.passed
    gate.open()
    await new Promise(setImmediate)
    await new Promise(setImmediate)
    expect(store.size).toBe(1)
    expect(errors).toEqual([])
  })
})

test('over https a secure cookie is sent, and over http it is not', async () => {
  const route: Route = (request, response) => {
    request.session.visits = 1
    response.end('whole')
  }
  for (const protocol of ['https', 'http'] as const) {
    const store = new GatedStore()
    const port = await serve(plain(session({ secret, store, cookie: { secure: true } }), route), protocol)
    const answer = await ask(port, '/', { isSecure: protocol === 'https' })
    expect(answer.body).toBe('whole')
    expect(answer.cookies).toHaveLength(protocol === 'https' ? 1 : 0)
  }
})

describe('a load that fails', () => {
  for (const how of ['throws', 'rejects'] as const) {
    test(`is an error response with 503, when the store ${how}`, async () => {
      const { store, port, errors, cookie } = await openKnown({})
      store.break(how, 'load')
      const answer = await ask(port, '/', { headers: { cookie } })
      expect(answer).toMatchObject({ status: 503, body: 'sorry: STORE_FAILED', cookies: [] })
      expect(errors[0]).toBeInstanceOf(SojournError)
      expect(store.calls.filter(verb => verb !== 'load')).toEqual(['create'])
    })

    test(`lets the request go on without a session under 'anonymous', when the store ${how}`, async () => {
      const { store, port, errors, cookie } = await openKnown({ onLoadFailure: 'anonymous' })
      store.break(how, 'load')
      const answer = await ask(port, '/', { headers: { cookie } })
      expect(answer).toMatchObject({ status: 200, body: 'no session', cookies: [] })
      expect(errors).toEqual([])
      expect(store.size).toBe(1)
    })
  }

  test('is an error response when the store never answers', async () => {
    const { store, port, cookie } = await openKnown({ deadline: 50 })
    store.hold('load')
    const answer = await ask(port, '/', { headers: { cookie } })
    expect(answer).toMatchObject({ status: 503, body: 'sorry: STORE_TIMED_OUT', cookies: [] })
  })

  test('is an error response when a callback store never calls back, and a late answer does no harm', async () => {
    const store = new ScriptedStore()
    const errors: Errors = []
    const port = await serve(
      plain(session({ secret, store: store as never, deadline: 50 }), visiting, errors),
    )
    const { cookie } = await ask(port)
    store.hold('get')
    const answer = await ask(port, '/', { headers: { cookie } })
    expect(answer).toMatchObject({ status: 503, body: 'sorry: STORE_TIMED_OUT' })
    const call = await store.called('get')
    call.answer()
    expect(errors).toHaveLength(1)
  })

  test('is no logout: the cookie stays, and the next request finds the session', async () => {
    const { store, port, cookie } = await openKnown({})
    store.break('rejects', 'load')
    await ask(port, '/', { headers: { cookie } })
    store.mend()
    expect((await ask(port, '/', { headers: { cookie } })).body).toBe('visit 2')
  })
})

describe('a session that cannot be removed', () => {
  test('keeps its cookie, because a failing store is never a logout', async () => {
    const { store, port, cookie } = await openKnown({})
    store.break('rejects', 'delete')
    const answer = await ask(port, '/out', { headers: { cookie } })
    expect(store.size).toBe(1)
    expect(answer.cookies).toEqual([])
  })

  for (const method of ['destroy', 'regenerate', 'save', 'reload'] as const) {
    test(`is an event and no unhandled rejection, when the route does not await \`${method}\``, async () => {
      const rejections: unknown[] = []
      const note = (error: unknown): void => void rejections.push(error)
      process.on('unhandledRejection', note)
      onTestFinished(() => void process.off('unhandledRejection', note))
      const failed = new Gate()
      const events: SessionEvents['store-failed'][] = []
      const hear = (message: unknown): void => {
        events.push(message as SessionEvents['store-failed'])
        failed.open()
      }
      subscribe('sojourn:store-failed', hear)
      onTestFinished(() => void unsubscribe('sojourn:store-failed', hear))
      const store = new GatedStore()
      const route: Route = (request, response) => {
        if (request.url !== '/') store.break('rejects', 'load', 'create', 'replace', 'delete')
        if (request.url !== '/') void request.session[method]()
        else request.session.visits = 1
        response.end('whole')
      }
      const port = await serve(plain(session({ secret, store }), route))
      const { cookie } = await ask(port)
      await ask(port, `/${method}`, { headers: { cookie } })
      await failed.passed
      await new Promise(setImmediate)
      expect(rejections).toEqual([])
      expect(events[0]?.error.code).toBe('STORE_FAILED')
      expect(JSON.stringify(events)).not.toContain(cookie.slice('connect.sid=s%3A'.length).split('.')[0])
    })
  }
})

const visiting: Route = (request, response) => {
  if (request.session === undefined) return response.end('no session')
  if (request.url === '/out') void request.session.destroy()
  else request.session.visits = Number(request.session.visits ?? 0) + 1
  return response.end(`visit ${request.session?.visits}`)
}

interface Opened {
  readonly store: GatedStore
  readonly port: number
  readonly client: RawClient
  readonly errors: Errors
}

/** A route that may put any data into the session. */
type ExpressRoute = (
  request: Request & { session: { [name: string]: unknown } },
  response: Response,
) => unknown

function appOf(framework: typeof express, ...handlers: readonly express.RequestHandler[]): Express {
  const app = framework()
  app.engine('txt', (_path, options, render) => render(null, `a page for ${Reflect.get(options, 'name')}`))
  app.set('views', views).set('view engine', 'txt')
  for (const handler of handlers) app.use(handler)
  return app
}

function withErrorPage(app: Express): Errors {
  const errors: Errors = []
  app.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
    errors.push(error)
    if (response.headersSent) next(error)
    else response.status(500).send('a page that says sorry')
  })
  return errors
}

async function openApp(
  framework: typeof express,
  route: ExpressRoute,
  options: SessionOptions = {},
): Promise<Opened> {
  const store = new GatedStore()
  const app = appOf(framework, session({ secret, store, ...options }))
  app.get('/', (request, response) => route(request as never, response))
  const errors = withErrorPage(app)
  const port = await serve(app)
  return { store, port, errors, client: new RawClient(port) }
}

async function openCompressed(
  framework: typeof express,
  place: 'before' | 'after',
  route: (response: Response) => unknown,
): Promise<Opened> {
  const store = new GatedStore()
  const handlers = [compression(), session({ secret, store })]
  const app = appOf(framework, ...(place === 'before' ? handlers : handlers.toReversed()))
  app.get('/', (request, response) => {
    Object.assign(request.session, { visits: 1 })
    return route(response)
  })
  const errors = withErrorPage(app)
  const port = await serve(app)
  return { store, port, errors, client: new RawClient(port) }
}

async function openPlain(protocol: Protocol, route: Route): Promise<Omit<Opened, 'client'>> {
  const store = new GatedStore()
  const errors: Errors = []
  const port = await serve(plain(session({ secret, store }), route, errors), protocol)
  return { store, port, errors }
}

/** A server, and a visitor with a stored session. */
async function openKnown(
  options: SessionOptions,
): Promise<Omit<Opened, 'client'> & { readonly cookie: string }> {
  const store = new GatedStore()
  const errors: Errors = []
  const port = await serve(plain(session({ secret, store, ...options }), visiting, errors))
  const { cookie } = await ask(port)
  return { store, port, errors, cookie }
}

async function bareAnswer(
  framework: typeof express,
  answer: (response: Response, request: Request) => unknown,
): Promise<string> {
  const app = appOf(framework)
  app.get('/', (request, response) => void answer(response, request))
  return new RawClient(await serve(app)).send(get('/', 'Connection: close')).closes()
}

/** Notes each call of a verb before the store runs it. */
function noteCalls(
  store: RecordStore,
  verb: 'create' | 'load' | 'replace' | 'touch' | 'delete',
  asked: string[],
): void {
  const original: unknown = store[verb]
  Object.assign(store, {
    [verb]: (...args: unknown[]) => {
      asked.push(verb)
      return Reflect.apply(original as () => unknown, store, args)
    },
  })
}

function decoded({ body, headers }: Answer): string {
  const bytes = Buffer.from(body, 'latin1')
  if (headers['content-encoding'] === 'gzip') return gunzipSync(bytes).toString()
  return headers['content-encoding'] === 'br' ? brotliDecompressSync(bytes).toString() : body
}

function ours(answer: string): readonly string[] {
  return linesOf(answer, 'Set-Cookie').filter(line => line.startsWith('connect.sid='))
}

function theirs(answer: string): readonly string[] {
  const [top = ''] = answer.split('\r\n\r\n', 1)
  return top
    .split('\r\n')
    .map(line => line.replace(/^date:.*/i, 'Date'))
    .filter(line => !/^(cache-control:|set-cookie: connect\.sid=)/i.test(line))
    .toSorted()
}
