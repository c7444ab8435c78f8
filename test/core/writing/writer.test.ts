import { describe, expect, test } from 'vitest'
import type { SessionRecord } from '../../../src/core/record/store.ts'
import { hearEvents, namesOf } from '../heard-events.ts'
import { atOnce, hour, later, minute, stage, type TestVisit, type Visitor } from '../stage.ts'

describe.each([
  ['answers at once', atOnce],
  ['answers later', later],
])('two concurrent requests of one session, with a store that %s', (_kind, traits) => {
  async function signedIn(
    options: Parameters<typeof stage>[0] = {},
    values: object = { user: 'ada', views: 1 },
  ): Promise<{
    readonly at: ReturnType<typeof stage>
    readonly ada: Visitor
    readonly slow: TestVisit
  }> {
    const at = stage(options, traits)
    const ada = at.visitor()
    await ada.request(session => Object.assign(session, values))
    at.store.forgetCalls()
    return { at, ada, slow: await ada.arrive() }
  }

  test('two that change different keys both count', async () => {
    const { at, ada, slow } = await signedIn()
    Object.assign(slow.session!, { slow: 1 })
    await ada.request(session => Object.assign(session, { fast: 1 }))
    await slow.commit()
    expect(at.store.calls).toEqual(['load', 'load', 'replace', 'replace', 'replace'])
    expect(JSON.parse(String(at.store.records()[0]?.data))).toEqual({
      user: 'ada',
      views: 1,
      slow: 1,
      fast: 1,
    })
  })

  test('of two that change the same key the last one wins', async () => {
    const { at, ada, slow } = await signedIn()
    Object.assign(slow.session!, { views: 2 })
    await ada.request(session => Object.assign(session, { views: 3 }))
    await slow.commit()
    expect(JSON.parse(String(at.store.records()[0]?.data))).toEqual({ user: 'ada', views: 2 })
  })

  test('a deletion counts like any change, on either side', async () => {
    const { at, ada, slow } = await signedIn()
    Reflect.deleteProperty(slow.session!, 'views')
    await ada.request(session => {
      delete session['user']
      session['fast'] = 1
    })
    await slow.commit()
    expect(JSON.parse(String(at.store.records()[0]?.data))).toEqual({ fast: 1 })
  })

  test('a request does not write back what it has only read', async () => {
    const { at, ada, slow } = await signedIn({}, { list: [1], other: { a: 1 } })
    expect(slow.session?.['list']).toEqual([1])
    Object(slow.session?.['other']).a = 2
    await ada.request(session => Object(session['list']).push(2))
    await slow.commit()
    expect(JSON.parse(String(at.store.records()[0]?.data))).toEqual({ list: [1, 2], other: { a: 2 } })
  })

  test('a request that changes nothing overwrites nothing, even with `resave`', async () => {
    const { at, ada, slow } = await signedIn({ resave: true })
    await ada.request(session => Object.assign(session, { views: 9 }))
    await slow.commit()
    expect(JSON.parse(String(at.store.records()[0]?.data))).toEqual({ user: 'ada', views: 9 })
  })

  test('after a merge the request sees the stored data', async () => {
    const { ada, slow } = await signedIn()
    Object.assign(slow.session!, { slow: 1 })
    await ada.request(session => Object.assign(session, { fast: 1 }))
    await slow.session!.save()
    expect(slow.session).toMatchObject({ slow: 1, fast: 1 })
  })

  test('a changed lifetime and a changed value both count, whichever comes first', async () => {
    for (const isLifetimeFirst of [true, false]) {
      const { at, ada, slow } = await signedIn({ cookie: { maxAge: hour } })
      const lifetime = (session: { cookie: { maxAge?: number | null | undefined | Date } }): void => {
        session.cookie.maxAge = 5 * minute
      }
      const value = (session: object): unknown => Object.assign(session, { views: 2 })
      const [first, last] = isLifetimeFirst ? [lifetime, value] : [value, lifetime]
      last(slow.session!)
      await ada.request(first)
      await slow.commit()
      expect(JSON.parse(String(at.store.records()[0]?.data))).toEqual({
        cookie: { originalMaxAge: 5 * minute },
        user: 'ada',
        views: 2,
      })
    }
  })

  test('fifty requests that each add a key all count', async () => {
    const { at, ada } = await signedIn()
    const visits = await Promise.all(Array.from({ length: 50 }, () => ada.arrive()))
    for (const [index, visit] of visits.entries()) Object.assign(visit.session!, { [`key${index}`]: index })
    await Promise.all(visits.map(visit => visit.commit()))
    const stored = JSON.parse(String(at.store.records()[0]?.data))
    expect(Object.keys(stored)).toHaveLength(52)
    expect(at.store.records()[0]?.version).toBe(51)
  })

  test('a merge leaves the times and the subject as they are', async () => {
    const { at, ada, slow } = await signedIn()
    const before = at.store.records()[0]!
    await ada.request(session => Object.assign(session, { fast: 1 }))
    const current = at.store.records()[0]!
    at.store.inner.replace({ ...current, version: 3, subject: 'ada' }, 2)
    Object.assign(slow.session!, { slow: 1 })
    at.clock.advance(minute)
    await slow.commit()
    expect(at.store.records()[0]).toMatchObject({ subject: 'ada', createdAt: before.createdAt, version: 4 })
  })

  test('a store that conflicts every time is a typed error after a bounded number of attempts', async () => {
    const { at, slow } = await signedIn()
    Object.assign(slow.session!, { slow: 1 })
    const heard = hearEvents()
    at.store.forgetCalls()
    const [record] = at.store.records()
    for (let attempt = 0; attempt < 1000; attempt += 1) {
      at.store.next('replace', () => ({ ...record, version: attempt + 100 }) as never)
    }
    await expect((async () => slow.commit())()).rejects.toMatchObject({ code: 'CONFLICT_UNRESOLVED' })
    expect(at.store.calls.length).toBeGreaterThanOrEqual(50)
    expect(at.store.calls.length).toBeLessThanOrEqual(100)
    expect(slow.setCookie).toBeUndefined()
    expect(new Set(namesOf(heard))).toEqual(new Set(['conflicted']))
  })

  test('a session that another request has ended stays ended: nothing is stored, and no cookie goes out', async () => {
    const { at, ada, slow } = await signedIn({ rolling: true })
    Object.assign(slow.session!, { slow: 1 })
    await ada.request(session => session.destroy())
    const heard = hearEvents()
    await slow.commit()
    expect([at.store.records(), slow.setCookie, slow.outcome]).toEqual([[], undefined, 'revoked'])
    expect(namesOf(heard)).toEqual(['gone'])
  })

  test('a session that another request has regenerated stays ended, and the new session is untouched', async () => {
    const { at, ada, slow } = await signedIn({ rolling: true })
    Object.assign(slow.session!, { user: 'zombie' })
    await ada.request(async (session, visit) => {
      await session.regenerate()
      visit.session!['user'] = 'root'
    })
    await slow.commit()
    expect([slow.setCookie, slow.outcome]).toEqual([undefined, 'revoked'])
    expect(at.store.records().map(({ data }) => data)).toEqual(['{"user":"root"}'])
  })

  test('an explicit save of a session that another request has ended rejects', async () => {
    const { at, ada, slow } = await signedIn()
    Object.assign(slow.session!, { slow: 1 })
    await ada.request(session => session.destroy())
    await expect(slow.session!.save()).rejects.toMatchObject({ code: 'SESSION_GONE' })
    await slow.commit()
    expect([at.store.records(), slow.setCookie]).toEqual([[], undefined])
  })

  test('a session that ends while its change is on the way to the store stays ended', async () => {
    const { at, ada, slow } = await signedIn()
    Object.assign(slow.session!, { slow: 1 })
    const gate = at.store.hold('replace')
    const committing = slow.commit()
    await gate.reached
    await ada.request(session => session.destroy())
    gate.open()
    await committing
    expect([at.store.records(), slow.setCookie, slow.outcome]).toEqual([[], undefined, 'revoked'])
  })

  test('a session that ends between conflict and merge stays ended', async () => {
    const { at, ada, slow } = await signedIn()
    Object.assign(slow.session!, { slow: 1 })
    await ada.request(session => Object.assign(session, { fast: 1 }))
    const gate = at.store.holdAnswer('replace')
    const committing = slow.commit()
    await gate.reached
    await ada.request(session => session.destroy())
    gate.open()
    await committing
    expect([at.store.records(), slow.setCookie, slow.outcome]).toEqual([[], undefined, 'revoked'])
  })

  test('a session that expires while the request runs stays ended', async () => {
    const { at, slow } = await signedIn({ idle: '20m', touchEvery: '1m' })
    Object.assign(slow.session!, { slow: 1 })
    at.clock.advance(hour)
    await slow.commit()
    expect([at.store.records(), slow.setCookie, slow.outcome]).toEqual([[], undefined, 'revoked'])
  })
})

describe('an id of the application that is taken', () => {
  test('`genid` is called again, and nothing is overwritten', async () => {
    const ids = ['apple', 'apple', 'pear']
    const { visitor, store } = stage({ genid: () => String(ids.shift()) })
    await visitor().request(session => Object.assign(session, { user: 'ada' }))
    const bob = visitor()
    await bob.request(session => Object.assign(session, { user: 'bob' }))
    expect(bob.id).toBe('pear')
    expect(store.calls).toEqual(['create', 'create', 'create'])
    expect(store.records().map(({ data }) => data)).toEqual(['{"user":"ada"}', '{"user":"bob"}'])
  })

  test('a `genid` that always gives the same id is a typed error, and the session with that id is untouched', async () => {
    const { visitor, store } = stage({ genid: () => 'apple' })
    await visitor().request(session => Object.assign(session, { user: 'ada' }))
    const visit = await visitor().arrive()
    Object.assign(visit.session!, { user: 'bob' })
    await expect((async () => visit.commit())()).rejects.toMatchObject({ code: 'ID_INVALID' })
    expect(visit.setCookie).toBeUndefined()
    expect(store.records().map(({ data }) => data)).toEqual(['{"user":"ada"}'])
  })
})

describe('a stored record', () => {
  test('is keyed by a hash, and has its times', async () => {
    const { visitor, store, clock, sessions } = stage({ idle: '20m', touchEvery: '1m', absolute: '8h' })
    const ada = visitor()
    await ada.request(session => Object.assign(session, { user: 'ada' }))
    const expected: SessionRecord = {
      key: sessions.handleOf(ada.id),
      version: 1,
      createdAt: clock.now(),
      touchedAt: clock.now(),
      expiresAt: clock.now() + 21 * minute,
      device: undefined,
      subject: undefined,
      authenticatedAt: undefined,
      epoch: 0,
      rotation: undefined,
      data: '{"user":"ada"}',
    }
    expect(store.records()).toEqual([expected])
    clock.advance(minute)
    await ada.request(session => Object.assign(session, { user: 'bob' }))
    expect(store.records()[0]).toEqual({
      ...expected,
      version: 2,
      touchedAt: clock.now(),
      expiresAt: clock.now() + 21 * minute,
      data: '{"user":"bob"}',
    })
  })

  test('the id never reaches the store, whatever the visitor does', async () => {
    const { visitor, store, clock } = stage({ rolling: true })
    const ada = visitor()
    const ids: string[] = []
    await ada.request(session => Object.assign(session, { user: 'ada' }))
    ids.push(ada.id)
    clock.advance(hour)
    await ada.request()
    await ada.request(session => session.reload())
    await ada.request(session => session.regenerate())
    ids.push(ada.id)
    await ada.request(session => session.destroy())
    expect(new Set(store.calls)).toEqual(new Set(['create', 'load', 'touch', 'delete']))
    for (const id of ids) expect(store.seen.join('\n')).not.toContain(id)
  })
})
