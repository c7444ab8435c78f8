import express, { type ErrorRequestHandler } from 'express'
import session, { exclusive, requireSession, requireSubject } from 'sojourn'
import { memoryStore } from 'sojourn/memory'
import { describe, expect, test } from 'vitest'
import { Gate } from '../../support/gate.ts'
import { GatedStore } from '../../support/gated-store.ts'
import { ask } from '../../support/http-client.ts'
import { codeOf, type Listener, plain, serve } from '../../support/servers.ts'

const secret = 'a secret that only these tests know'
const stores = [
  ['memory', () => memoryStore()],
  ['a store that answers later', () => new GatedStore()],
] as const

describe.each(stores)('on %s', (_name, makeStore) => {
  test.each(['end', 'write'] as const)(
    'a copy of `%s` from before the middleware sends a head',
    async name => {
      const middleware = session({ secret, store: makeStore() })
      const listener: Listener = (request, response) => {
        const kept = response[name]
        plain(middleware, () => {
          response.statusCode = 503
          Reflect.apply(kept, response, ['too slow'])
          if (name === 'write') response.end()
        })(request, response)
      }
      expect(await ask(await serve(listener))).toMatchObject({ status: 503, body: 'too slow' })
    },
  )

  test('a response on which `headersSent` cannot be defined is sent, with its cookie', async () => {
    const middleware = session({ secret, store: makeStore() })
    const listener: Listener = (request, response) => {
      const guarded = new Proxy(response, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name, target)
          return typeof value === 'function' ? value.bind(target) : value
        },
        defineProperty: (target, name, property) =>
          name !== 'headersSent' && Reflect.defineProperty(target, name, property),
      })
      plain(middleware, () => {
        Reflect.set(Reflect.get(request, 'session'), 'visits', 1)
        guarded.end('whole')
      })(request, guarded)
    }
    const answer = await ask(await serve(listener))
    expect(answer).toMatchObject({
      status: 200,
      body: 'whole',
      cookie: expect.stringContaining('connect.sid='),
    })
  })

  test.each([5, {}, null])('a request whose URL is %j has a session', async url => {
    const middleware = session({ secret, store: makeStore() })
    const listener: Listener = (request, response) => {
      Reflect.set(request, 'url', url)
      plain(middleware, () => response.end(typeof Reflect.get(request, 'session')))(request, response)
    }
    expect((await ask(await serve(listener))).body).toBe('object')
  })

  test('a commit that fails at once releases the lock', async () => {
    const app = express().set('env', 'test')
    app.use(session({ secret, store: makeStore() }))
    app.get('/in', (request, response) => {
      Object.assign(request.session, { visits: 1 })
      response.end()
    })
    app.get('/cycle', exclusive(), (request, response) => {
      const cycle: { self?: unknown } = {}
      cycle.self = cycle
      Reflect.set(request.session, 'cart', {})
      Reflect.set(Reflect.get(request.session, 'cart'), 'self', cycle)
      response.end()
    })
    app.get('/proxy', exclusive(), (request, response) => {
      Object.assign(request, {
        session: {
          get broken() {
            throw new Error('broken')
          },
        },
      })
      response.end()
    })
    app.get('/', exclusive({ wait: 0 }), (_request, response) => void response.end('whole'))
    const port = await serve(app)
    const { cookie } = await ask(port, '/in')
    for (const path of ['/cycle', '/proxy']) {
      expect((await ask(port, path, { headers: { cookie } })).status).toBe(500)
      expect((await ask(port, '/', { headers: { cookie } })).body).toBe('whole')
    }
  })

  test('a guard sees that the application has removed the session', async () => {
    const app = express()
    app.use(session({ secret, store: makeStore() }))
    app.get('/in', (request, response) => {
      Object.assign(request.session, { visits: 1 })
      response.end()
    })
    app.get('/null', (request, _response, next) =>
      next(Object.assign(request, { session: null }) && undefined),
    )
    app.get('/delete', (request, _response, next) =>
      next(request.session && Reflect.deleteProperty(request, 'session') ? undefined : 1),
    )
    app.use(requireSession(), (_request, response) => void response.end('in'))
    const port = await serve(app)
    const { cookie } = await ask(port, '/in')
    const statuses: number[] = []
    for (const path of ['/', '/null', '/delete'])
      statuses.push((await ask(port, path, { headers: { cookie } })).status)
    expect(statuses).toEqual([200, 401, 401])
  })
})

test('a response that ends while the session is loading leaves as written', async () => {
  const store = new GatedStore()
  const middleware = session({ secret, store })
  const told: unknown[] = []
  const done = new Gate()
  const port = await serve((request, response) => {
    middleware(request, response, error => {
      told.push(error)
      done.open()
      if (request.url === '/in') Object.assign(request, { session: { visits: 1 } })
      if (request.url === '/in') response.end()
    })
    if (request.url === '/late') response.writeHead(503).end('busy')
  })
  const { cookie } = await ask(port, '/in')
  const gate = store.hold('load')
  expect(await ask(port, '/late', { headers: { cookie } })).toMatchObject({ status: 503, body: 'busy' })
  gate.open()
  await done.passed
  expect(told.filter(Boolean)).toEqual([])
})

test('a failing store that reads at once throws at every read, and in every guard', async () => {
  const store = memoryStore()
  const app = express()
  app.use(session({ secret, store }))
  app.get('/in', async (request, response) => {
    await request.session.signIn('ada')
    response.end()
  })
  app.use((request, _response, next) => {
    try {
      void request.session
    } catch {
      // Like a logger.
    }
    next()
  })
  app.use(requireSubject(), (_request, response) => void response.end('in'))
  app.use(((error, _request, response, _next) => {
    response.status(error.status ?? 500).end(codeOf(error))
  }) satisfies ErrorRequestHandler)
  const port = await serve(app)
  const { cookie } = await ask(port, '/in')
  store.load = () => {
    throw new Error('a disk that fails')
  }
  expect(await ask(port, '/', { headers: { cookie } })).toMatchObject({ status: 503, body: 'STORE_FAILED' })
})
