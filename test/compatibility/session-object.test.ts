import { describe, expect, test } from 'vitest'
import { cookieNamed, expiryOf, idOf } from './client.ts'
import {
  countCalls,
  countViews,
  lengthOf,
  memory,
  messageOf,
  type Route,
  sessions,
  signedCookie,
  site,
  siteOf,
  stored,
  withErrorHandler,
} from './site.ts'
import { subject } from './subject.ts'
import { pass } from './time.ts'

const methods = ['destroy', 'regenerate', 'reload', 'resetMaxAge', 'save', 'touch'] as const

/** Runs a route once, for a new visitor, and answers with the JSON that it ended with. */
async function told<Told>(tell: (...asked: Parameters<Route>) => Told): Promise<Told> {
  const { get } = await site({}, (request, response) => response.end(JSON.stringify(tell(request, response))))
  return JSON.parse((await get()).text)
}

describe('req.session', () => {
  test('shows its data and the cookie, and nothing else, to an enumeration', async () => {
    const keys = await told(({ session }) => {
      session.name = 'Ada'
      const seen: string[] = []
      for (const key in session) seen.push(key)
      return seen
    })
    expect(keys.sort()).toEqual(['cookie', 'name'])
  })

  test('has the same keys by Object.keys and in JSON', async () => {
    const seen = await told(({ session }) => {
      session.name = 'Ada'
      return [Object.keys(session).sort(), Object.keys(JSON.parse(JSON.stringify(session))).sort()]
    })
    expect(seen).toEqual([
      ['cookie', 'name'],
      ['cookie', 'name'],
    ])
  })

  test('is spread into its data', async () => {
    const seen = await told(({ session }) => {
      session.name = 'Ada'
      const copy = { ...session }
      return copy.name
    })
    expect(seen).toBe('Ada')
  })

  test.each(methods)('has the method %s', async method => {
    expect(await told(({ session }) => typeof session[method])).toBe('function')
  })

  test('has the id that the request shows', async () => {
    const { get } = await site({}, (request, response) =>
      response.end(`${request.session.id} ${request.sessionID} ${request.session.id === request.sessionID}`),
    )
    const answer = await get()
    expect(answer.text).toBe(`${idOf(answer)} ${idOf(answer)} true`)
  })

  test('leads to its request', async () => {
    expect(await told(request => request.session.req === request)).toBe(true)
  })

  test('is a Session with a Cookie', async () => {
    const seen = await told(({ session }) => [
      session instanceof subject.Session,
      session.cookie instanceof subject.Cookie,
    ])
    expect(seen).toEqual([true, true])
  })

  test('answers undefined for what is not there', async () => {
    expect(await told(({ session }) => typeof session.nothing)).toBe('undefined')
  })

  test('forgets what is deleted from it', async () => {
    const { get } = await site({}, ({ session, url }, response) => {
      if (url === '/in') session.user = 'Ada'
      else if (url === '/out') delete session.user
      response.end(String(session.user))
    })
    const first = await get('/in')
    await get('/out', { cookie: first })
    expect((await get('/', { cookie: first })).text).toBe('undefined')
  })

  test('keeps nested data', async () => {
    const { get } = await site({}, ({ session, url }, response) => {
      if (url === '/in') session.cart = { items: [{ n: 1 }], note: 'süß' }
      response.end(JSON.stringify(session.cart))
    })
    const first = await get('/in')
    expect((await get('/', { cookie: first })).text).toBe('{"items":[{"n":1}],"note":"süß"}')
  })

  test('that is there already is left alone', async () => {
    const mine: unknown = { mine: true }
    const middleware = sessions()
    const { get } = await siteOf(
      withErrorHandler(
        (request, response, next) => middleware(Object.assign(request, { session: mine }), response, next),
        (request, response) => response.end(String(Reflect.get(request, 'session') === mine)),
      ),
    )
    const answer = await get()
    expect(answer.text).toBe('true')
    expect(answer.cookies).toEqual([])
  })
})

describe('a stored record', () => {
  test.each<string>(['id', 'req', ...methods, 'toString', 'hasOwnProperty', 'constructor'])(
    'cannot put anything in place of %s',
    async name => {
      const store = memory()
      const { get } = await site({ store }, ({ session }, response) =>
        response.end(`${typeof Reflect.get(session, name)} ${session.kept} ${session.id}`),
      )
      store.set('known', { cookie: {}, kept: 'yes', [name]: { evil: true } })
      const kind =
        new Map([
          ['id', 'string'],
          ['req', 'object'],
        ]).get(name) ?? 'function'
      const answer = await get('/', { cookie: signedCookie('known') })
      expect(answer.text).toBe(`${kind} yes known`)
    },
  )

  test('cannot reach a prototype', async () => {
    const store = memory()
    const { get } = await site({ store }, ({ session }, response) => {
      const plain: Record<string, unknown> = {}
      response.end(`${session.polluted} ${plain.polluted} ${session.kept}`)
    })
    store.set('known', JSON.parse('{"cookie":{},"kept":1,"__proto__":{"polluted":true}}'))
    expect((await get('/', { cookie: signedCookie('known') })).text).toBe('undefined undefined 1')
  })
})

describe('regenerate', () => {
  const renew: Route = (request, response) => {
    const before = request.sessionID
    request.session.regenerate(error => {
      if (request.url === '/data') request.session.name = 'Ada'
      response.end(JSON.stringify([error ?? null, before, request.sessionID, request.session.name ?? null]))
    })
  }

  test('gives a new id, and a cookie with it', async () => {
    const { get } = await site({}, renew)
    const answer = await get()
    const [error, before, after] = JSON.parse(answer.text)
    expect(error).toBeNull()
    expect(after).not.toBe(before)
    expect(idOf(answer)).toBe(after)
  })

  test('ends the old session in the store', async () => {
    const store = memory()
    const { get } = await site({ store }, (request, response) =>
      request.url === '/' ? countViews(request, response) : renew(request, response),
    )
    const first = await get()
    const second = await get('/renew', { cookie: first })
    expect(await stored(store, idOf(first))).toBeUndefined()
    expect(await stored(store, idOf(second))).toBeDefined()
    expect((await get('/', { cookie: first })).text).toBe('1')
  })

  test('starts with no data', async () => {
    const { get } = await site({}, (request, response) => {
      request.session.name = 'Ada'
      renew(request, response)
    })
    expect(JSON.parse((await get()).text)[3]).toBeNull()
  })

  test('keeps what is put in afterwards', async () => {
    const store = memory()
    const { get } = await site({ store }, renew)
    expect(await stored(store, idOf(await get('/data')))).toMatchObject({ name: 'Ada' })
  })

  test('sends a cookie and saves even when nothing is put in and the rest is not saved', async () => {
    const store = memory()
    const { get } = await site({ store, saveUninitialized: false, resave: false }, (request, response) => {
      if (request.url !== '/in') return renew(request, response)
      request.session.user = 'Ada'
      response.end()
    })
    const first = await get('/in')
    const calls = countCalls(store)
    const second = await get('/renew', { cookie: first })
    expect(idOf(second)).not.toBe(idOf(first))
    expect(calls).toMatchObject({ destroy: 1, set: 1 })
  })

  test('gives the cookie its full age again', async () => {
    const { get } = await site({}, ({ session, url }, response) => {
      if (url === '/') session.cookie.maxAge = 1000
      if (url === '/') return void response.end()
      session.regenerate(() => response.end())
    })
    const first = await get()
    expect(expiryOf(await get('/renew', { cookie: first }))).toBeGreaterThan(Date.now() + 50_000)
  })

  test('replaces req.session, and the new one has the methods too', async () => {
    const { get } = await site({}, (request, response) => {
      const before = request.session
      request.session.regenerate(() => {
        const isNew = request.session !== before
        request.session.save(error => response.end(`${isNew} ${error ?? 'saved'}`))
      })
    })
    expect((await get()).text).toBe('true saved')
  })

  test('works with several secrets', async () => {
    const { get } = await site({ secret: ['birch', 'willow'] }, renew)
    const answer = await get('/', { cookie: signedCookie('unknown', 'willow') })
    expect(cookieNamed(answer)).toBeDefined()
  })

  test('tells its caller of a failed destroy', async () => {
    const store = memory()
    const { get } = await site({ store }, ({ session, url }, response) => {
      if (url === '/') return void response.end()
      session.regenerate(error => response.end(messageOf(error)))
    })
    store.destroy = (_id, callback) => callback?.(new Error('stuck'))
    const first = await get()
    expect((await get('/anew', { cookie: first })).text).toBe('stuck')
  })

  test('answers with the session that it ends, as destroy does', async () => {
    const { get } = await site({}, (request, response) => {
      const { session } = request
      const isSame = session.regenerate(() => response.end(String(isSame))) === session
    })
    expect((await get()).text).toBe('true')
  })
})

describe('reload', () => {
  test('brings back what is stored, in a new req.session', async () => {
    const { get } = await site({}, (request, response) => {
      if (request.url === '/') return countViews(request, response)
      const before = request.session
      before.views = 99
      before.reload(error =>
        response.end(`${error ?? ''}${request.session.views} ${request.session === before}`),
      )
    })
    const first = await get()
    expect((await get('/reload', { cookie: first })).text).toBe('1 false')
  })

  test('fails when the session is gone', async () => {
    const store = memory()
    const { get } = await site({ store }, ({ session, sessionID, url }, response) => {
      if (url === '/') return void response.end()
      store.destroy(sessionID, () => session.reload(error => response.end(messageOf(error))))
    })
    const first = await get()
    expect((await get('/reload', { cookie: first })).text).toBe('failed to load session')
  })

  test('hands on the error of the store', async () => {
    const store = memory()
    const { get } = await site({ store }, ({ session, url }, response) => {
      if (url === '/') return void response.end()
      store.get = (_id, callback) => callback(new Error('stuck'))
      session.reload(error => response.end(messageOf(error)))
    })
    const first = await get()
    expect((await get('/reload', { cookie: first })).text).toBe('stuck')
  })

  test('followed by save is not saved once more at the end', async () => {
    const store = memory()
    const { get } = await site({ store }, (request, response) => {
      if (request.url === '/') return void response.end()
      request.session.reload(() => {
        request.session.reloaded = true
        request.session.save(() => response.end(request.session.reloaded ? 'saved' : 'lost'))
      })
    })
    const first = await get()
    const calls = countCalls(store)
    expect((await get('/reload', { cookie: first })).text).toBe('saved')
    expect(calls.set).toBe(1)
    expect(await stored(store, idOf(first))).toMatchObject({ reloaded: true })
  })

  test('leaves the id and the cookie as they are', async () => {
    const { get } = await site({}, (request, response) => {
      const before = request.sessionID
      if (request.url === '/') return void response.end()
      request.session.reload(() =>
        response.end(`${request.sessionID === before} ${request.session.id === before}`),
      )
    })
    const first = await get()
    const second = await get('/reload', { cookie: first })
    expect(second.text).toBe('true true')
    expect(second.cookies).toEqual([])
  })
})

describe('save', () => {
  test('has stored the session when it calls back', async () => {
    const store = memory()
    const { get } = await site({ store }, ({ session, sessionID }, response) => {
      session.name = 'Ada'
      session.save(error => {
        if (error) return void response.end('failed')
        store.get(sessionID, (_error, record) => response.end(String(record?.name)))
      })
    })
    expect((await get()).text).toBe('Ada')
  })

  test('takes the place of the save at the end', async () => {
    const store = memory()
    const { get } = await site({ store }, ({ session }, response) => {
      session.name = 'Ada'
      session.save(() => response.end())
    })
    const calls = countCalls(store)
    await get()
    expect(calls.set).toBe(1)
  })

  test('does not take it when the session is changed afterwards', async () => {
    const store = memory()
    const { get } = await site({ store }, ({ session }, response) => {
      session.save(() => {
        session.late = true
        response.end()
      })
    })
    const calls = countCalls(store)
    const answer = await get()
    expect(calls.set).toBe(2)
    expect(await stored(store, idOf(answer))).toMatchObject({ late: true })
  })

  test('needs no callback', async () => {
    const store = memory()
    const { get } = await site({ store }, ({ session }, response) => {
      session.name = 'Ada'
      session.save()
      response.end()
    })
    expect(await stored(store, idOf(await get()))).toMatchObject({ name: 'Ada' })
  })

  test('hands the error of the store to its callback', async () => {
    const store = memory()
    const { get } = await site({ store }, ({ session }, response) => {
      session.save(error => response.end(messageOf(error)))
    })
    store.set = (_id, _session, callback) => callback?.(new Error('full'))
    expect((await get()).text).toBe('full')
  })

  test('that failed suppresses the save at the end', async () => {
    const store = memory()
    const { get, errors } = await site({ store }, ({ session }, response) =>
      session.save(() => response.end('sent')),
    )
    let sets = 0
    store.set = (_id, _session, callback) => {
      sets++
      callback?.(new Error('full'))
    }
    expect((await get()).text).toBe('sent')
    expect([sets, errors]).toEqual([1, []])
  })
})

describe('destroy', () => {
  test('takes req.session away at once, and sets no cookie for a new visitor', async () => {
    const { get } = await site({}, (request, response) => {
      request.session.destroy(error => response.end(`${error ?? 'no error'} ${request.session}`))
    })
    const answer = await get()
    expect(answer.text).toBe('no error undefined')
    expect(answer.cookies).toEqual([])
  })

  test('has taken it away before the store has answered', async () => {
    const { get } = await site({}, (request, response) => {
      request.session.destroy()
      response.end(String(request.session))
    })
    expect((await get()).text).toBe('undefined')
  })

  test('removes the session from the store, and nothing saves it again', async () => {
    const store = memory()
    const { get } = await site({ store }, (request, response) => {
      if (request.url === '/') return countViews(request, response)
      request.session.destroy(() => response.end())
    })
    const first = await get()
    const calls = countCalls(store)
    await get('/out', { cookie: first })
    expect(calls).toMatchObject({ destroy: 1, set: 0, touch: 0 })
    expect(await lengthOf(store)).toBe(0)
    expect((await get('/', { cookie: first })).text).toBe('1')
  })

  test('hands on the error of the store', async () => {
    const store = memory()
    const { get } = await site({ store }, ({ session, url }, response) => {
      if (url === '/') return void response.end()
      session.destroy(error => response.end(messageOf(error)))
    })
    store.destroy = (_id, callback) => callback?.(new Error('stuck'))
    const first = await get()
    expect((await get('/out', { cookie: first })).text).toBe('stuck')
  })
})

describe('touch', () => {
  test('gives the cookie its original age again', async () => {
    const { get } = await site({ cookie: { maxAge: 60_000 } }, ({ session }, response) => {
      const { cookie } = session
      pass(5000)
      const left = Number(cookie.maxAge)
      session.touch()
      response.end(JSON.stringify([left, session.cookie.maxAge]))
    })
    const [left, touched] = JSON.parse((await get()).text)
    expect(left).toBeLessThanOrEqual(55_000)
    expect(touched).toBeGreaterThan(59_000)
  })

  test('and resetMaxAge answer with the session', async () => {
    const seen = await told(({ session }) => [session.touch() === session, session.resetMaxAge() === session])
    expect(seen).toEqual([true, true])
  })

  test('and resetMaxAge do the same', async () => {
    const { get } = await site({}, ({ session }, response) => {
      const { cookie } = session
      pass(5000)
      session.resetMaxAge()
      response.end(String(cookie.maxAge))
    })
    expect(Number((await get()).text)).toBeGreaterThan(59_000)
  })

  test('goes by the original age that the application set', async () => {
    const { get } = await site({}, ({ session }, response) => {
      session.cookie.originalMaxAge = 120_000
      session.touch()
      response.end()
    })
    expect(expiryOf(await get())).toBeGreaterThan(Date.now() + 110_000)
  })
})

describe('Session, made by hand', () => {
  test('takes the data, and the id of the request', () => {
    const made = new subject.Session({ sessionID: 'known' }, { name: 'Ada' })
    expect([made.id, made.name, Object.keys(made)]).toEqual(['known', 'Ada', ['name']])
  })
})
