import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import express, { type ErrorRequestHandler, type Express, type Response } from 'express'
import session from 'sojourn'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { GatedStore } from '../../support/gated-store.ts'
import { ask } from '../../support/http-client.ts'
import { askHttp2 } from '../../support/http2-client.ts'
import { bodyOf, get, RawClient } from '../../support/raw-client.ts'
import { codeOf, type Errors, type Listener, plain, type Route, serve } from '../../support/servers.ts'

const folder = mkdtempSync(join(tmpdir(), 'sojourn-files-'))
const file = join(folder, 'page.txt')
const text = 'x'.repeat(200_000)
writeFileSync(file, text)
afterAll(() => rmSync(folder, { recursive: true }))

const secret = 'a secret that only these tests know'
const frameworks = [
  ['Express 5', express],
  ['Express 4', createRequire(import.meta.url)('express4') as typeof express],
] as const

describe.each(frameworks)('a file that %s sends', (_name, framework) => {
  /** Requests the file with a cookie due, and answers its `Cache-Control`. */
  async function cachingOf(mount: (app: Express) => unknown): Promise<string | undefined> {
    const app = framework().set('env', 'test')
    app.use(session({ secret, store: new GatedStore(), saveUninitialized: true }))
    mount(app)
    const { status, cookie, headers } = await ask(await serve(app), '/page.txt')
    expect(status).toBe(200)
    expect(cookie).toMatch(/^connect\.sid=/)
    return headers['cache-control']
  }

  test('is kept out of shared caches when it carries the cookie', async () => {
    expect(await cachingOf(app => app.use(framework.static(folder)))).toBe('no-store')
    expect(
      await cachingOf(app => app.get('/page.txt', (_request, response) => response.sendFile(file))),
    ).toBe('no-store')
  })

  test('keeps the age that the application chose', async () => {
    const options = { maxAge: '1d', immutable: true }
    expect(await cachingOf(app => app.use(framework.static(folder, options)))).toBe(
      'private, max-age=86400, immutable',
    )
  })

  test('is public if the application says so, with a warning', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    const chosen = 'public, max-age=60'
    const setHeaders = (response: Response): void => void response.setHeader('Cache-Control', chosen)
    const found = [
      await cachingOf(app => app.use(framework.static(folder, { setHeaders }))),
      await cachingOf(app =>
        app.get('/page.txt', (_request, response) => {
          setHeaders(response)
          response.sendFile(file)
        }),
      ),
      await cachingOf(app =>
        app.get('/page.txt', (_request, response) =>
          response.sendFile(file, { headers: { 'Cache-Control': chosen } }),
        ),
      ),
    ]
    warn.mockRestore()
    expect(found).toEqual([chosen, chosen, chosen])
  })

  test('stays as public as before without the cookie', async () => {
    const app = framework().set('env', 'test')
    app.use(session({ secret, store: new GatedStore() }))
    app.use(framework.static(folder))
    const { headers } = await ask(await serve(app), '/page.txt')
    expect(headers['cache-control']).toBe('public, max-age=0')
  })
})

/** Routes that send the whole file with a declared length. */
const senders: { readonly [how: string]: (response: Response) => unknown } = {
  'it is piped': response => {
    response.setHeader('Content-Length', text.length)
    createReadStream(file).pipe(response)
  },
  'it is piped behind a head that was written': response => {
    response.writeHead(200, { 'Content-Length': text.length })
    createReadStream(file).pipe(response)
  },
  'it is piped behind a head that was flushed': response => {
    response.writeHead(200, { 'Content-Length': text.length }).flushHeaders()
    createReadStream(file).pipe(response)
  },
  'it is sent': response => response.sendFile(file),
  'it is written at once': response => {
    response.setHeader('Content-Length', text.length)
    response.write(text)
    response.end()
  },
  'it is written in parts, and ended when the last one has left': response => {
    response.setHeader('Content-Length', text.length)
    response.write(text.slice(1))
    response.write('x', () => response.end())
  },
  'it is written, and never ended': response => {
    response.setHeader('Content-Length', text.length)
    response.write(Buffer.from(text).toString('base64'), 'base64')
  },
}

describe.each(Object.entries(senders))('a body with a declared length, when %s', (how, send) => {
  async function open(): Promise<{ store: GatedStore; port: number; failures: unknown[] }> {
    const store = new GatedStore()
    const failures: unknown[] = []
    const app = express().set('env', 'test')
    app.use(session({ secret, store }))
    app.get('/', (request, response) => {
      Object.assign(request.session, { visits: 1 })
      send(response)
    })
    app.use(((error, _request, response, next) => {
      failures.push(codeOf(error))
      if (response.headersSent) next(error)
      else response.status(503).send('sorry')
    }) satisfies ErrorRequestHandler)
    return { store, port: await serve(app), failures }
  }

  test('reaches the visitor whole only after the session is stored', async () => {
    const { store, port } = await open()
    const gate = store.hold('create')
    const client = new RawClient(port).send(get('/'))
    await store.called('create')
    expect(bodyOf(await client.afterAMoment()).length).toBeLessThan(text.length)
    gate.open()
    expect(bodyOf(await client.receives(/\r\n\r\nx{200000}$/))).toBe(text)
    expect(store.calls).toEqual(['create'])
  })

  test('is never whole when the save fails', async () => {
    const { store, port, failures } = await open()
    store.break('rejects', 'create')
    const client = new RawClient(port).send(get('/', 'Connection: close'))
    await store.called('create')
    const answer = how.endsWith('never ended') ? client.afterAMoment() : client.closes()
    expect(bodyOf(await answer).length).toBeLessThan(text.length)
    expect(failures).toEqual(how.endsWith('never ended') ? [] : ['STORE_FAILED'])
  })
})

describe('a body with a declared length', () => {
  async function open(route: Route): Promise<{ store: GatedStore; port: number; errors: Errors }> {
    const store = new GatedStore()
    const errors: Errors = []
    return { store, errors, port: await serve(plain(session({ secret, store }), route, errors)) }
  }

  test('is an error response when it comes in one part and the save fails', async () => {
    const { store, port, errors } = await open((request, response) => {
      request.session.visits = 1
      response.setHeader('Content-Length', 5)
      response.write('whole')
      setImmediate(() => response.end())
    })
    store.break('rejects', 'create')
    expect(await ask(port)).toMatchObject({ status: 503, body: 'sorry: STORE_FAILED', cookies: [] })
    expect(errors).toHaveLength(1)
  })

  test('looks sent to the route', async () => {
    const seen: unknown[] = []
    const { port } = await open((request, response) => {
      request.session.visits = 1
      response.setHeader('Content-Length', 5)
      seen.push(response.write('whole'), response.headersSent, response.writableEnded)
      expect(() => response.setHeader('x-late', '1')).toThrow('after they are sent')
      response.end()
    })
    const { body, cookies } = await ask(port)
    expect({ body, cookies: cookies.length }).toEqual({ body: 'whole', cookies: 1 })
    expect(seen).toEqual([true, true, false])
  })

  test('lets a change after its last part be stored before the end', async () => {
    const { store, port } = await open(async (request, response) => {
      request.session.visits = 1
      response.setHeader('Content-Length', 5)
      await new Promise(resolve => response.write('whole', resolve))
      request.session.visits = 2
      response.end()
    })
    await ask(port)
    await store.called('replace')
    expect(store.only).toContain('"visits":2')
  })

  test('tells the application that the session has ended meanwhile, if it wants to know', async () => {
    const store = new GatedStore()
    const errors: Errors = []
    const middleware = session({ secret, store, onGone: 'fail' })
    const route: Route = async (request, response) => {
      request.session.visits = Number(request.session.visits ?? 0) + 1
      if (request.url === '/in') return void response.end()
      await middleware.sessions.end(request.session.handle)
      response.setHeader('Content-Length', 5)
      response.write('whole')
      setImmediate(() => response.end())
    }
    const port = await serve(plain(middleware, route, errors))
    const { cookie } = await ask(port, '/in')
    expect(await ask(port, '/', { headers: { cookie } })).toMatchObject({ body: 'sorry: SESSION_GONE' })
  })
})

describe('an answer to HEAD over HTTP/2', () => {
  const routes: { readonly [how: string]: Route } = {
    'is piped': (_request, response) => createReadStream(file).pipe(response),
    'is piped behind a head': (_request, response) => createReadStream(file).pipe(response.writeHead(200)),
    'is flushed and never ended': (_request, response) => response.flushHeaders(),
    'is written and ended': (_request, response) => {
      response.write('one')
      response.write('two')
      response.end()
    },
  }

  test.each(Object.entries(routes))(
    'leaves after its session is stored, when its body %s',
    async (_how, route) => {
      const store = new GatedStore()
      const gate = store.hold('create')
      const listener: Listener = plain(session({ secret, store }), (request, response) => {
        request.session.visits = 1
        return route(request, response)
      })
      const answer = askHttp2(await serve(listener, 'h2c'), '/', { headers: { ':method': 'HEAD' } })
      await store.called('create')
      expect(answer.headers).toBeUndefined()
      gate.open()
      await answer.end()
      expect({ status: answer.status, cookies: answer.cookies.length, size: store.size }).toEqual({
        status: 200,
        cookies: 1,
        size: 1,
      })
    },
  )

  test('accepts each part of a body, although it sends none', async () => {
    const told: unknown[] = []
    const listener: Listener = plain(
      session({ secret, store: new GatedStore() }),
      async (_request, response) => {
        told.push(response.write('one'))
        await new Promise<void>(resolve => {
          response.write('two', error => {
            told.push(error)
            resolve()
          })
        })
        response.end()
      },
    )
    const answer = askHttp2(await serve(listener, 'h2c'), '/', { headers: { ':method': 'HEAD' } })
    await answer.end()
    expect({ status: answer.status, told }).toEqual({ status: 200, told: [true, undefined] })
  })
})
