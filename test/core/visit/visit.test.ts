import { describe, expect, test } from 'vitest'
import type { SessionsOptions } from '../../../src/core/policy/options.ts'
import { hearEvents, namesOf } from '../heard-events.ts'
import { atOnce, hour, later, minute, settle, stage, type TestSession, writesLater } from '../stage.ts'

const change = (session: TestSession): unknown => Object.assign(session, { views: 2 })
const leave = (): void => undefined

describe.each([
  ['answers at once', atOnce],
  ['answers later', later],
])('the end of a request, with a store that %s', (_kind, traits) => {
  interface Row {
    readonly what: string
    readonly options: Partial<SessionsOptions>
    readonly route: (session: TestSession) => unknown
    readonly calls: string[]
    readonly cookie: boolean
  }

  const flags = [false, true]
  const combinations = flags.flatMap(resave =>
    flags.flatMap(saveUninitialized => flags.map(rolling => ({ resave, saveUninitialized, rolling }))),
  )
  const lifetimes = [{}, { cookie: { maxAge: hour } }]

  const strangers: Row[] = combinations.flatMap(options => [
    {
      ...{ what: 'a stranger who leaves nothing', options, route: leave },
      ...{ calls: options.saveUninitialized ? ['create'] : [], cookie: options.saveUninitialized },
    },
    { what: 'a stranger who leaves data', options, route: change, calls: ['create'], cookie: true },
  ])
  test.each(strangers)(
    '$what ($options): $calls, cookie $cookie',
    async ({ options, route, calls, cookie }) => {
      const { store, visitor } = stage(options, traits)
      const visit = await visitor().request(route)
      expect(store.calls).toEqual(calls)
      expect(visit.setCookie !== undefined).toBe(cookie)
      expect(visit.outcome).toBe('none')
    },
  )

  const visitors: Row[] = combinations.flatMap(flagged =>
    lifetimes.flatMap(lifetime => {
      const options = { ...flagged, ...lifetime }
      // Before it renews a cookie, the core asks the store whether the session is still there.
      const asked = flagged.rolling ? ['load', 'load'] : ['load']
      const unchanged = flagged.resave ? ['load', 'replace'] : asked
      const renewed = flagged.rolling || 'cookie' in lifetime
      return [
        {
          what: 'a visitor who changes nothing',
          options,
          route: leave,
          calls: unchanged,
          cookie: flagged.rolling,
        },
        {
          what: 'a visitor who changes data',
          options,
          route: change,
          calls: ['load', 'replace'],
          cookie: renewed,
        },
      ]
    }),
  )
  test.each(visitors)(
    '$what ($options): $calls, cookie $cookie',
    async ({ options, route, calls, cookie }) => {
      const { store, visitor } = stage(options, traits)
      const ada = visitor()
      await ada.request(session => Object.assign(session, { views: 1 }))
      store.forgetCalls()
      const visit = await ada.request(route)
      expect(store.calls).toEqual(calls)
      expect(visit.setCookie !== undefined).toBe(cookie)
      expect(visit.outcome).toBe('found')
    },
  )

  test.each([
    ['unknown to the store', (cookie: string) => cookie, ['load'], 'missing'],
    ['badly signed', (cookie: string) => `${cookie.slice(0, -1)}!`, [], 'tampered'],
    ['not signed', (cookie: string) => `connect.sid=${cookie.slice(16, 48)}`, [], 'tampered'],
    ['of another name', (cookie: string) => `x${cookie}`, [], 'none'],
  ])('an id that is %s is never adopted', async (_name, spoil, calls, outcome) => {
    const { store, visitor } = stage({}, traits)
    const ada = visitor()
    await ada.request(change)
    const { id, cookie } = ada
    store.inner.clear()
    store.forgetCalls()
    const mallory = visitor(spoil(String(cookie)))
    const quiet = await mallory.request()
    expect(quiet.setCookie).toBeUndefined()
    expect([quiet.outcome, store.calls]).toEqual([outcome, calls])
    await mallory.request(change)
    expect(mallory.id).toMatch(/^[\w-]{32}$/)
    expect(mallory.id).not.toBe(id)
  })

  test('the stored key is no id: a cookie with it finds nothing', async () => {
    const { store, sessions, visitor } = stage({ genid: () => chosen }, traits)
    let chosen = 'apple'
    const ada = visitor()
    await ada.request(change)
    const key = store.records()[0]!.key
    expect(key).toBe(sessions.handleOf('apple'))
    chosen = key
    const forged = stage({ genid: () => key })
    const mallory = forged.visitor()
    await mallory.request(change)
    const visit = await visitor(mallory.cookie).request()
    expect(visit.outcome).toBe('missing')
  })

  test('the next request has the data, and the cookie is sent once', async () => {
    const { visitor } = stage({}, traits)
    const ada = visitor()
    await ada.request(change)
    const visit = await ada.request(session => expect(session.views).toBe(2))
    expect(visit.setCookie).toBeUndefined()
  })

  test('a second commit does nothing', async () => {
    const { store, visitor } = stage({}, traits)
    const visit = await visitor().request(change)
    const { setCookie } = visit
    change(visit.session!)
    await visit.commit()
    expect(store.calls).toEqual(['create'])
    expect(visit.setCookie).toBe(setCookie)
  })
})

describe('strangers', () => {
  test('a visit without a cookie that does not use the session costs nothing at all', async () => {
    const { store, visitor, clock } = stage({ genid: () => expect.unreachable() })
    const visit = visitor().begin()
    await visit.commit()
    expect([store.calls, clock.waiting, visit.setCookie]).toEqual([[], 0, undefined])
  })

  test('a hundred of them who read the session and store nothing cost no store call and get no cookie', async () => {
    const { store, visitor } = stage()
    for (let index = 0; index < 100; index += 1) {
      const visit = await visitor().request(session => Object.keys(session))
      expect(visit.setCookie).toBeUndefined()
    }
    expect(store.calls).toEqual([])
  })

  test('data that is removed again before the commit leaves no trace', async () => {
    const { store, visitor } = stage()
    const visit = await visitor().request(session => {
      session.views = 1
      delete session.views
    })
    expect([store.calls, visit.setCookie]).toEqual([[], undefined])
  })

  test('a changed lifetime alone gives a stranger no session', async () => {
    const { store, visitor } = stage()
    const visit = await visitor().request(session => {
      session.cookie.maxAge = 5 * minute
    })
    expect([store.calls, visit.setCookie]).toEqual([[], undefined])
  })
})

describe('when a session is loaded', () => {
  test('a store that answers at once is called when the session is first read', async () => {
    const { store, visitor } = stage()
    const ada = visitor()
    await ada.request(change)
    store.forgetCalls()
    const visit = ada.begin()
    expect(store.calls).toEqual([])
    expect(visit.session?.views).toBe(2)
    expect(visit.id).toBe(ada.id)
    expect(store.calls).toEqual(['load'])
  })

  test('a route that never uses the session costs no store call', async () => {
    const { store, visitor } = stage()
    const ada = visitor()
    await ada.request(change)
    store.forgetCalls()
    await ada.begin().commit()
    expect(store.calls).toEqual([])
  })

  test('with a store that answers later, reading the session too early throws, and never gives an empty session', async () => {
    const { visitor } = stage({}, later)
    const ada = visitor()
    await ada.request(change)
    const visit = ada.begin()
    for (let look = 0; look < 2; look += 1) {
      expect(() => visit.session).toThrow(expect.objectContaining({ code: 'VISIT_NOT_OPEN' }))
    }
  })

  test('reading the session while it is loading throws, too', async () => {
    const { visitor } = stage({}, later)
    const ada = visitor()
    await ada.request(change)
    const visit = ada.begin()
    const opening = visit.open()
    expect(() => visit.session).toThrow(expect.objectContaining({ code: 'VISIT_NOT_OPEN' }))
    await opening
    expect(visit.session?.views).toBe(2)
  })

  test('a second open waits for the first', async () => {
    const { store, visitor } = stage({}, later)
    const ada = visitor()
    await ada.request(change)
    const gate = store.hold('load')
    const visit = ada.begin()
    const seen: unknown[] = []
    const first = Promise.resolve(visit.open())
    const second = Promise.resolve(visit.open()).then(() => seen.push('open'))
    await gate.reached
    await settle()
    expect(seen).toEqual([])
    gate.open()
    await Promise.all([first, second])
    expect(store.calls.filter(verb => verb === 'load')).toHaveLength(1)
  })

  test('an opened visit is not opened again', async () => {
    const { store, visitor } = stage()
    const ada = visitor()
    await ada.request(change)
    store.forgetCalls()
    const visit = await ada.arrive()
    await visit.open()
    expect(store.calls).toEqual(['load'])
  })
})

describe('with a store that reads at once and writes later', () => {
  test('a revoked session is not there at the first read, and the answer waits until it is removed', async () => {
    const { store, clock, visitor } = stage({}, writesLater)
    const ada = visitor()
    await ada.request(session => session.signIn('ada'))
    const removal = store.hold('delete')
    // The state after an `endAll` whose list missed a session.
    const epoch = { epoch: clock.now() + 1, except: undefined, expiresAt: clock.now() + hour }
    await store.exchangeEpoch({ subject: 'ada', next: epoch, expected: undefined })
    const visit = ada.begin()
    expect([visit.session?.subject, visit.outcome]).toEqual([undefined, 'revoked'])
    let isAnswered = false
    const answering = Promise.resolve(visit.commit()).then(() => {
      isAnswered = true
    })
    await removal.reached
    await settle()
    expect([isAnswered, store.records().length]).toEqual([false, 1])
    removal.open()
    await answering
    expect(store.records()).toEqual([])
  })

  test('an id that was given up long ago is refused at the first read', async () => {
    const { store, clock, visitor } = stage({ onReplay: 'end' }, writesLater)
    const ada = visitor()
    await ada.request(session => Object.assign(session, { user: 'ada' }))
    const thief = visitor(ada.cookie)
    await ada.request(session => session.rotate())
    await ada.request()
    clock.advance(minute)
    const visit = thief.begin()
    expect([visit.session?.['user'], visit.outcome]).toEqual([undefined, 'replayed'])
    await visit.commit()
    expect(store.records()).toEqual([])
  })
})

describe('a store that fails to load', () => {
  test.each([atOnce, later])(
    'the request fails with the typed error, and nothing else happens (%o)',
    async traits => {
      const { store, visitor } = stage({}, traits)
      const ada = visitor()
      await ada.request(change)
      store.forgetCalls()
      store.fail('load')
      const visit = ada.begin()
      await expect((async () => visit.open())()).rejects.toMatchObject({ code: 'STORE_FAILED', status: 503 })
      expect(visit.outcome).toBe('failed')
      await visit.commit()
      expect(visit.setCookie).toBeUndefined()
      expect(store.calls).toEqual(['load'])
    },
  )

  test.each([atOnce, later])('with `anonymous` the request goes on without a session (%o)', async traits => {
    const { store, visitor } = stage({ onLoadFailure: 'anonymous', rolling: true }, traits)
    const ada = visitor()
    await ada.request(change)
    store.forgetCalls()
    store.fail('load')
    const visit = await ada.arrive()
    expect(visit.session).toBeUndefined()
    expect(visit.outcome).toBe('failed')
    Object.assign(visit, { session: { user: 'mallory' } })
    await visit.commit()
    expect(visit.setCookie).toBeUndefined()
    expect(store.calls).toEqual(['load'])
    await ada.request(session => expect(session.views).toBe(2))
  })

  test('a load without an answer fails at the deadline, and a late answer changes nothing', async () => {
    const { store, visitor, clock } = stage({ deadline: '2s' }, later)
    const ada = visitor()
    await ada.request(change)
    const gate = store.hold('load')
    const visit = ada.begin()
    const failing = expect(visit.open()).rejects.toMatchObject({ code: 'STORE_TIMED_OUT' })
    await gate.reached
    clock.advance(2000)
    await failing
    gate.open()
    await settle()
    expect([visit.session, visit.outcome]).toEqual([undefined, 'failed'])
  })

  test('an error of the application is no store failure: `anonymous` does not hide it', async () => {
    const { visitor } = stage({ onLoadFailure: 'anonymous', genid: () => '' })
    await expect(visitor().arrive()).rejects.toMatchObject({ code: 'ID_INVALID' })
  })

  test.each(['{', 'null', '[]', 'not json'])(
    'a record with %j is no session, is reported, and stays where it is',
    async data => {
      const { store, visitor } = stage()
      const ada = visitor()
      await ada.request(change)
      const record = store.records()[0]!
      store.inner.replace({ ...record, version: 2, data }, 1)
      const heard = hearEvents()
      const visit = ada.begin()
      await visit.open()
      expect({ ...visit.session }).toEqual({ cookie: expect.anything() })
      await visit.commit()
      expect(visit.setCookie).toBeUndefined()
      expect(store.records()).toHaveLength(1)
      expect(visit.outcome).toBe('tampered')
      expect(heard).toContainEqual({
        name: 'tampered',
        payload: expect.objectContaining({ reason: 'record' }),
      })
    },
  )
})

describe('an expired session', () => {
  test('an idle session expires at most one interval after its idle timeout, and not before it', async () => {
    const { visitor, clock } = stage({ idle: '20m', touchEvery: '1m' })
    const ada = visitor()
    await ada.request(change)
    clock.advance(20 * minute)
    expect((await ada.request()).outcome).toBe('found')
    clock.advance(21 * minute)
    const visit = await ada.request(session => expect(session.views).toBeUndefined())
    expect(visit.outcome).toBe('expired')
  })

  test('an active session lives on until its absolute timeout', async () => {
    const { visitor, clock } = stage({ idle: '20m', absolute: '8h', rolling: true })
    const ada = visitor()
    await ada.request(change)
    for (let span = 0; span < 8 * hour - 15 * minute; span += 15 * minute) {
      clock.advance(15 * minute)
      expect((await ada.request()).outcome).toBe('found')
    }
    clock.advance(15 * minute - 1)
    expect((await ada.request(change)).outcome).toBe('found')
    clock.advance(1)
    expect((await ada.request()).outcome).not.toBe('found')
  })

  test('an expired record that the store answers is expired, from the exact instant of its end', async () => {
    const { store, visitor, clock } = stage({ idle: '20m', touchEvery: '1m' })
    const ada = visitor()
    await ada.request(change)
    const stale = store.records()[0]!
    store.next('load', () => stale as never)
    clock.advance(21 * minute - 1)
    expect((await ada.request(() => undefined)).outcome).toBe('found')
    store.inner.clear()
    const heard = hearEvents()
    store.next('load', () => stale as never)
    clock.advance(1)
    const visit = await ada.request(session => expect(session.views).toBeUndefined())
    expect([visit.outcome, visit.setCookie]).toEqual(['expired', undefined])
    expect(namesOf(heard)).toEqual(['expired'])
  })
})

describe('recording activity', () => {
  test('is recorded once per interval, without writing the data', async () => {
    const { store, visitor, clock } = stage({ idle: '20m', touchEvery: '1m' })
    const ada = visitor()
    await ada.request(change)
    store.forgetCalls()
    clock.advance(minute - 1)
    await ada.request()
    expect(store.calls).toEqual(['load'])
    clock.advance(1)
    await ada.request()
    await ada.request()
    expect(store.calls).toEqual(['load', 'load', 'touch', 'load'])
    expect(store.records()[0]).toMatchObject({ version: 1, touchedAt: clock.now() })
  })

  test('a failed touch does not fail the response, and is an event', async () => {
    const { store, visitor, clock } = stage({}, later)
    const ada = visitor()
    await ada.request(change)
    clock.advance(hour)
    store.fail('touch')
    const heard = hearEvents()
    const visit = await ada.request()
    expect(visit.outcome).toBe('found')
    expect(namesOf(heard)).toEqual(['opened', 'store-failed'])
  })

  test('a touch that finds nothing ends the session, and its cookie is not sent', async () => {
    const { store, visitor, clock } = stage({ rolling: true })
    const ada = visitor()
    await ada.request(change)
    clock.advance(hour)
    const visit = await ada.arrive()
    store.inner.clear()
    await visit.commit()
    expect([visit.outcome, visit.setCookie]).toEqual(['revoked', undefined])
    expect(store.records()).toEqual([])
  })
})

describe('a session that cannot be stored', () => {
  test.each(['create', 'replace'] as const)(
    'a failed %s is the typed error, and no cookie goes out',
    async verb => {
      const { store, visitor } = stage({ cookie: { maxAge: hour } })
      const ada = visitor()
      if (verb === 'replace') await ada.request(session => Object.assign(session, { views: 1 }))
      const visit = await ada.arrive()
      change(visit.session!)
      store.fail(verb)
      await expect((async () => visit.commit())()).rejects.toMatchObject({ code: 'STORE_FAILED' })
      expect(visit.setCookie).toBeUndefined()
    },
  )

  test("with `send` the cookie goes out as express-session's does, and the error all the same", async () => {
    const { store, visitor } = stage({ onCommitFailure: 'send' })
    const visit = await visitor().arrive()
    change(visit.session!)
    store.fail('create')
    await expect((async () => visit.commit())()).rejects.toThrow('the store is down')
    expect(visit.setCookie).toMatch(/^connect\.sid=/)
  })

  test('a value that JSON cannot hold is refused before the store is asked, and its path is named', async () => {
    const { store, visitor } = stage()
    const visit = await visitor().arrive()
    visit.session!.cart = { amount: 1 }
    Object.assign(visit.session!.cart as object, { amount: 10n })
    await expect((async () => visit.commit())()).rejects.toThrow(/`session\.cart\.amount`.*BigInt/)
    expect([store.calls, visit.setCookie]).toEqual([[], undefined])
  })

  test('a cookie that cannot be written fails before anything is stored', async () => {
    const { store, visitor } = stage()
    const visit = await visitor().arrive()
    change(visit.session!)
    visit.session!.cookie.path = '/;evil'
    await expect((async () => visit.commit())()).rejects.toMatchObject({ code: 'COOKIE_INVALID' })
    expect(store.calls).toEqual([])
  })

  test('with `send` a cookie that cannot be written does not keep the session from being stored', async () => {
    const { store, visitor } = stage({ onCommitFailure: 'send' })
    const visit = await visitor().arrive()
    change(visit.session!)
    visit.session!.cookie.expires = new Date(Number.NaN)
    await expect((async () => visit.commit())()).rejects.toThrow('option expires is invalid')
    expect(store.calls).toEqual(['create'])
  })
})

describe('a response that leaves before it has ended', () => {
  test('the cookie is decided at the first byte, and the session is stored at the end', async () => {
    const { store, visitor } = stage({}, later)
    const ada = visitor()
    const visit = await ada.arrive()
    change(visit.session!)
    const setCookie = visit.announce()
    ada.keep(setCookie)
    expect([store.calls, visit.announce()]).toEqual([[], undefined])
    visit.session!.more = 1
    await visit.commit()
    expect([store.calls, visit.setCookie]).toEqual([['create'], setCookie])
    await ada.request(session => expect(session).toMatchObject({ views: 2, more: 1 }))
  })

  test('a stranger who has stored nothing by then gets no cookie', async () => {
    const { visitor } = stage()
    const visit = await visitor().arrive()
    expect(visit.announce()).toBeUndefined()
    await visit.commit()
    expect(visit.setCookie).toBeUndefined()
  })

  test('a visit whose session was never read announces no cookie', () => {
    const { store, visitor } = stage()
    expect(visitor().begin().announce()).toBeUndefined()
    expect(store.calls).toEqual([])
  })

  test('an announced id that is taken is an error, and never replaced by another', async () => {
    const { visitor } = stage({ genid: () => 'apple' })
    await visitor().request(change)
    const visit = await visitor().arrive()
    change(visit.session!)
    expect(visit.announce()).toMatch(/s%3Aapple\./)
    await expect((async () => visit.commit())()).rejects.toMatchObject({ code: 'ID_INVALID' })
  })

  test('a flushed visit stores all that is due, and its commit only later changes', async () => {
    const { store, clock, visitor } = stage({ rolling: true }, later)
    const guest = visitor()
    await guest.request(session => Object.assign(session, { views: 1 }))
    clock.advance(minute)
    for (const [changed, calls] of [
      [false, ['load', 'touch', 'load']],
      [true, ['load', 'touch', 'load', 'replace']],
    ] as const) {
      store.calls.length = 0
      const visit = await guest.arrive()
      await visit.flush()
      expect(visit.setCookie).toBeDefined()
      if (changed) Object.assign(visit.session ?? {}, { views: 2 })
      await visit.commit()
      expect(store.calls).toEqual(calls)
      clock.advance(minute)
    }
  })

  test('a flushed visit keeps its hold on the session until its commit', async () => {
    const { visitor } = stage({}, later)
    const guest = visitor()
    await guest.request(session => Object.assign(session, { views: 1 }))
    const visit = await guest.arrive()
    await visit.hold({ waitMs: 0, leaseMs: minute, queue: 0 })
    await visit.flush()
    const other = await guest.arrive()
    await expect(other.hold({ waitMs: 0, leaseMs: minute, queue: 0 })).rejects.toThrow('alone')
    await visit.commit()
    await other.hold({ waitMs: 0, leaseMs: minute, queue: 0 })
    await other.commit()
  })

  test('a session that has ended by then announces the deletion of its cookie', async () => {
    const { visitor } = stage()
    const ada = visitor()
    await ada.request(change)
    const visit = await ada.arrive()
    await visit.session?.destroy()
    expect(visit.announce()).toContain('Max-Age=0')
    await visit.commit()
    expect(visit.cookie).toMatchObject({ value: '', attributes: { maxAge: 0 } })
  })
})

test('a commit after a flush that has failed does all of it, and sends the cookie', async () => {
  const { store, visitor } = stage({}, later)
  const visit = await visitor().arrive()
  change(visit.session!)
  store.fail('create')
  await expect((async () => visit.flush())()).rejects.toMatchObject({ code: 'STORE_FAILED' })
  visit.session!.flash = 'sorry'
  await visit.commit()
  expect([store.records().length, visit.setCookie]).toEqual([1, expect.stringContaining('connect.sid=')])
})

describe('assigning to the session of a visit', () => {
  test('null keeps the stored session, and sends no cookie', async () => {
    const { store, visitor } = stage()
    const ada = visitor()
    await ada.request(change)
    const visit = await ada.request((_session, current) => {
      current.session = null
    })
    expect([visit.setCookie, store.records().length]).toEqual([undefined, 1])
  })

  test("with `unset: 'destroy'` null ends the session, and deletes the cookie", async () => {
    const { store, visitor } = stage({ unset: 'destroy' })
    const ada = visitor()
    await ada.request(change)
    store.forgetCalls()
    const visit = await ada.request((_session, current) => {
      current.session = null
    })
    expect(visit.setCookie).toContain('Max-Age=0')
    expect([store.calls, store.records()]).toEqual([['load', 'delete'], []])
  })

  test("with `unset: 'destroy'` a stranger costs no store call", async () => {
    const { store, visitor } = stage({ unset: 'destroy' })
    const visit = await visitor().request((_session, current) => {
      current.session = null
    })
    expect([store.calls, visit.setCookie]).toEqual([[], undefined])
  })

  test('a plain object becomes the data, under the same id', async () => {
    const { visitor } = stage()
    const ada = visitor()
    await ada.request(change)
    const { id } = ada
    await ada.request((_session, visit) => {
      visit.session = { user: 'bob' }
    })
    await ada.request(session => {
      expect(Object.keys(session)).toEqual(['cookie', 'user'])
      expect(session.id).toBe(id)
    })
  })

  test('an id that is no string gives the session up', async () => {
    const { store, visitor } = stage()
    const visit = await visitor().request((session, current) => {
      change(session)
      current.id = undefined
      current.id = null
    })
    expect([store.calls, visit.setCookie]).toEqual([[], undefined])
  })
})
