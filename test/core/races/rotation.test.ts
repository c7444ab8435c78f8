import { describe, expect, test } from 'vitest'
import type { SessionsOptions } from '../../../src/core/policy/options.ts'
import { hearEvents, namesOf } from '../heard-events.ts'
import { hour, idOf, minute, type TestSession } from '../stage.ts'
import { commit, failureOf, known, signedIn, stored, stores, twoManagers } from './two-managers.ts'

const second = 1000
const rotate = (session: TestSession): Promise<void> => session.rotate()

describe.each(stores)('with a store that %s', (_kind, traits) => {
  test('of two concurrent rotations one makes the successor, and both get it', async () => {
    for (const held of ['hold', 'holdAnswer'] as const) {
      const at = twoManagers({}, traits)
      const ada = await known(at)
      const { id } = ada
      const visits = [await ada.arrive(), await at.elsewhere(ada).arrive()] as const
      const gate = at.store[held]('replace')
      const first = visits[0].session!.rotate()
      await gate.reached
      await visits[1].session!.rotate()
      gate.open()
      await first
      const ids = (await Promise.all(visits.map(commit))).map(({ setCookie }) => idOf(setCookie))
      expect(new Set(ids).size).toBe(1)
      expect(ids[0]).not.toBe(id)
      expect(at.store.records()).toHaveLength(1)
    }
  })

  test('two requests that rotate at their end get the same successor, and the changes of both count', async () => {
    const at = twoManagers({ rotateEvery: '1h' }, traits)
    const ada = await known(at)
    at.clock.advance(hour)
    const visits = [await ada.arrive(), await at.elsewhere(ada).arrive()]
    for (const [index, visit] of visits.entries()) visit.session![`by${index}`] = true
    const answers = await Promise.all(visits.map(commit))
    expect(new Set(answers.map(({ setCookie }) => idOf(setCookie))).size).toBe(1)
    expect(stored(at.store)).toEqual({ user: 'ada', by0: true, by1: true })
  })

  test('the save of a request under way gets the successor, and never another session', async () => {
    const at = twoManagers({}, traits)
    const ada = await known(at)
    const slow = await ada.arrive()
    slow.session!['slow'] = 1
    const fast = await at.elsewhere(ada).request(rotate)
    at.clock.advance(hour)
    expect(idOf((await commit(slow)).setCookie)).toBe(idOf(fast.setCookie))
    expect(stored(at.store)).toEqual({ user: 'ada', slow: 1 })
  })

  test.each([{ rolling: true }, { rolling: true, cookie: { maxAge: 12 * hour } }])(
    'a renewed cookie is never the old one, with %j',
    async options => {
      const at = twoManagers(options, traits)
      const ada = await known(at)
      for (const spanMs of [0, 2 * minute]) {
        const slow = await ada.arrive()
        const fast = at.elsewhere(ada)
        await fast.request(rotate)
        at.clock.advance(spanMs)
        ada.keep((await commit(slow)).setCookie)
        expect(ada.id).toBe(fast.id)
        at.clock.advance(minute)
        expect((await ada.arrive()).outcome).toBe('found')
      }
    },
  )

  test('no cookie is renewed while the store cannot say which id the session has', async () => {
    const at = twoManagers({ rolling: true }, traits)
    const ada = await known(at)
    const slow = await ada.arrive()
    at.store.fail('load')
    expect(await commit(slow)).toEqual({ setCookie: undefined, error: undefined })
  })

  test.each(['fail', 'send'] as const)(
    'a request that rotated sends no cookie while the store cannot say whether the session has ended, with %s',
    async onCommitFailure => {
      const at = twoManagers({ onCommitFailure }, traits)
      const ada = await known(at)
      const [visit, other] = [await ada.arrive(), await at.elsewhere(ada).arrive()]
      await visit.session!.rotate()
      await other.session!.destroy()
      at.store.fail('load')
      await commit(visit).catch(() => undefined)
      expect(visit.setCookie).toBeUndefined()
    },
  )

  test('a request that got another id sends no cookie then either', async () => {
    const at = twoManagers({}, traits)
    const ada = await known(at)
    const late = at.elsewhere(ada)
    await (await ada.arrive()).session!.rotate()
    const visit = await late.arrive()
    at.store.fail('load')
    await commit(visit)
    expect(visit.setCookie).toBeUndefined()
  })

  test('the old id works until the new one is used, and then for exactly the grace', async () => {
    for (const [spanMs, outcome] of [
      [10 * second - 1, 'found'],
      [10 * second, 'replayed'],
    ] as const) {
      const at = twoManagers({}, traits)
      const ada = await known(at)
      const fast = at.elsewhere(ada)
      await fast.request(rotate)
      at.clock.advance(minute)
      await fast.request()
      at.clock.advance(spanMs)
      const visit = await at.visitor(ada.cookie).request()
      expect(visit.outcome).toBe(outcome)
      expect(visit.setCookie === undefined ? undefined : idOf(visit.setCookie)).toBe(
        outcome === 'found' ? fast.id : undefined,
      )
    }
  })

  test('using an old id neither rotates nor prolongs its grace', async () => {
    const at = twoManagers({ rotateEvery: '5s' }, traits)
    const ada = await known(at)
    const old = ada.cookie
    const fast = at.elsewhere(ada)
    await fast.request(rotate)
    await fast.request()
    const [{ rotation } = {}] = at.store.records()
    for (let count = 0; count < 3; count += 1) {
      at.clock.advance(3 * second)
      await at.visitor(old).request(rotate)
      await at.visitor(old).request(session => session.update(own => void (own['count'] = count)))
    }
    expect(at.store.records()[0]?.rotation).toBe(rotation)
    at.clock.advance(second)
    expect((await at.visitor(old).arrive()).outcome).toBe('replayed')
  })

  test('a replay is an event, and ends the session if configured', async () => {
    for (const [onReplay, left] of [
      ['refuse', 1],
      ['end', 0],
    ] as const) {
      const at = twoManagers({ onReplay }, traits)
      const ada = await known(at)
      const fast = at.elsewhere(ada)
      await fast.request(rotate)
      await fast.request()
      const slow = await fast.arrive()
      at.clock.advance(10 * second)
      const heard = hearEvents()
      const replay = await ada.request()
      expect([replay.outcome, replay.setCookie, { ...replay.session }]).toEqual([
        'replayed',
        undefined,
        expect.anything(),
      ])
      expect(replay.session?.['user']).toBeUndefined()
      expect(namesOf(heard)).toEqual(['replayed'])
      expect(at.store.records()).toHaveLength(left)
      slow.session!['slow'] = 1
      await commit(slow)
      expect([slow.outcome, at.store.records().length]).toEqual([left === 1 ? 'found' : 'revoked', left])
    }
  })

  test('a visitor who missed the new id because the connection broke brings the old one and gets it', async () => {
    const at = twoManagers({ onReplay: 'end' }, traits)
    const ada = await known(at)
    const old = ada.cookie
    const fast = await at.elsewhere(ada).request(rotate)
    at.clock.advance(hour)
    expect((await ada.request()).outcome).toBe('found')
    expect(ada.id).toBe(idOf(fast.setCookie))
    await ada.request()
    at.clock.advance(10 * second)
    expect((await at.visitor(old).arrive()).outcome).toBe('replayed')
  })

  test('a visitor also gets the new id when the store rotated and its answer was lost', async () => {
    const at = twoManagers({ onReplay: 'end' }, traits)
    const ada = await known(at)
    const old = ada.cookie
    const visit = await ada.arrive()
    at.store.next('replace', async work => {
      await work()
      throw new Error('the answer is lost')
    })
    expect(await failureOf(() => visit.session!.rotate())).toBe('STORE_FAILED')
    ada.keep((await commit(visit)).setCookie)
    expect(ada.cookie).toBe(old)
    at.clock.advance(hour)
    expect((await ada.request()).outcome).toBe('found')
    expect(ada.cookie).not.toBe(old)
    await ada.request(session => expect(session['user']).toBe('ada'))
  })

  test.each([{}, { isPassive: true }])(
    'the first request with the new id notes that, once, and prolongs nothing by it if it is a poll (%o)',
    async carrier => {
      const at = twoManagers({ touchEvery: '1h', idle: '2h' }, traits)
      const ada = await known(at)
      await ada.request(rotate)
      const [{ expiresAt } = {}] = at.store.records()
      at.clock.advance(minute)
      at.store.forgetCalls()
      at.store.fail('replace')
      expect((await ada.request(() => undefined, carrier)).setCookie).toBeUndefined()
      for (let count = 0; count < 3; count += 1) await ada.request(() => undefined, carrier)
      expect(at.store.calls.filter(verb => verb !== 'load')).toEqual(['replace', 'replace'])
      const prolonged = 'isPassive' in carrier ? 0 : minute
      expect(at.store.records()[0]?.expiresAt).toBe(Number(expiresAt) + prolonged)
    },
  )

  test('two first requests with the new id both note that, and lose nothing', async () => {
    const at = twoManagers({}, traits)
    const ada = await known(at)
    await ada.request(rotate)
    const visits = [await ada.arrive(), await at.elsewhere(ada).arrive()]
    visits[1]!.session!['other'] = 1
    for (const visit of visits) expect((await commit(visit)).error).toBeUndefined()
    expect(stored(at.store)).toEqual({ user: 'ada', other: 1 })
  })

  test('the activity of a request counts when another has rotated before it', async () => {
    const at = twoManagers({ rotateEvery: '1h', idle: '3h' }, traits)
    const ada = await known(at)
    at.clock.advance(hour)
    const [first, second] = [await ada.arrive(), await at.elsewhere(ada).arrive()]
    const gates = [at.store.hold('replace'), at.store.hold('replace')]
    const quick = commit(first)
    await gates[0]!.reached
    at.clock.advance(hour)
    const slow = commit(second)
    await gates[1]!.reached
    gates[0]!.open()
    ada.keep((await quick).setCookie)
    gates[1]!.open()
    await slow
    at.clock.advance(3 * hour - 1)
    expect((await ada.arrive()).outcome).toBe('found')
  })

  test('a request with an id that was given up cannot end the session', async () => {
    for (const end of [
      (session: TestSession) => session.destroy(),
      (session: TestSession) => session.signOut(),
    ]) {
      const at = twoManagers({}, traits)
      const ada = await known(at)
      const fast = at.elsewhere(ada)
      await fast.request(rotate)
      await fast.request()
      at.clock.advance(minute)
      expect((await ada.request(session => end(session))).outcome).toBe('replayed')
      expect((await fast.arrive()).outcome).toBe('found')
    }
  })

  test('a slow request keeps its session through four rotations', async () => {
    const at = twoManagers({}, traits)
    const ada = await known(at)
    const slow = await ada.arrive()
    const fast = at.elsewhere(ada)
    for (let count = 0; count < 4; count += 1) {
      await fast.request(rotate)
      at.clock.advance(minute)
    }
    slow.session!['slow'] = 1
    expect(idOf((await commit(slow)).setCookie)).toBe(fast.id)
    expect(stored(at.store)).toEqual({ user: 'ada', slow: 1 })
  })

  test('a slow request fails after five rotations by others, and ends nothing', async () => {
    const at = twoManagers({}, traits)
    const ada = await known(at)
    const slow = await ada.arrive()
    const fast = at.elsewhere(ada)
    for (let count = 0; count < 5; count += 1) await fast.request(rotate)
    expect(await failureOf(() => slow.session!.update(own => void (own['slow'] = 1)))).toBe('SESSION_GONE')
    expect((await commit(slow)).setCookie).toBeUndefined()
    expect((await fast.arrive()).outcome).toBe('found')
  })

  const others: readonly (readonly [string, (session: TestSession) => unknown])[] = [
    ['save', session => Object.assign(session, { other: 1 }).save()],
    ['update', session => session.update(own => void (own['other'] = 1))],
  ]
  test.each(others)('a concurrent rotation and %s both count, in both orders', async (_what, other) => {
    for (const [slowly, quickly] of [
      [rotate, other],
      [other, rotate],
    ] as const) {
      const at = twoManagers({}, traits)
      const ada = await known(at)
      const old = ada.id
      const slow = await ada.arrive()
      const gate = at.store.hold('replace')
      const working = slowly(slow.session!)
      await gate.reached
      const fast = at.elsewhere(ada)
      await fast.request(quickly)
      gate.open()
      await working
      ada.keep((await commit(slow)).setCookie)
      expect(stored(at.store)).toEqual({ user: 'ada', other: 1 })
      expect(ada.id).not.toBe(old)
      at.clock.advance(minute)
      expect((await ada.arrive()).outcome).toBe('found')
    }
  })

  test.each(['destroy', 'regenerate', 'signIn', 'signOut'] as const)(
    'a rotation concurrent with %s brings nothing back, and the old id leads nowhere, in both orders',
    async method => {
      const end = (session: TestSession): Promise<void> =>
        method === 'signIn' ? session.signIn('ada') : session[method]()
      for (const [slowly, quickly, verb] of [
        [rotate, end, 'replace'],
        [end, rotate, 'delete'],
      ] as const) {
        const at = twoManagers({}, traits)
        const ada = await known(at)
        const handle = at.one.handleOf(ada.id)
        const slow = await ada.arrive()
        const gate = at.store.hold(verb)
        const working = failureOf(() => slowly(slow.session!))
        await gate.reached
        const fast = at.elsewhere(ada)
        await fast.request(quickly)
        gate.open()
        expect(await working).toBe(verb === 'replace' ? 'SESSION_GONE' : undefined)
        await commit(slow)
        expect(at.store.records().map(({ key }) => key)).not.toContain(handle)
        expect((await ada.arrive()).outcome).not.toBe('found')
      }
    },
  )

  test.each(['visitor', 'server'] as const)(
    'a session that is sealed for the %s goes on under its new id',
    async seal => {
      const at = twoManagers({ seal }, traits)
      const ada = await known(at)
      const slow = await ada.arrive()
      const fast = at.elsewhere(ada)
      await fast.request(rotate)
      slow.session!['slow'] = 1
      await commit(slow)
      await ada.request(session => expect({ ...session }).toMatchObject({ user: 'ada', slow: 1 }))
      expect(ada.id).toBe(fast.id)
      at.clock.advance(minute)
      expect((await fast.arrive()).outcome).toBe('found')
    },
  )

  test('ids rotate after their span although the clock has gone back a day', async () => {
    const at = twoManagers({ rotateEvery: '1h', idle: '48h' }, traits)
    const ada = await known(at)
    const { id } = ada
    at.clock.jump(-24 * hour)
    await ada.request()
    expect(ada.id).not.toBe(id)
    const rotated = ada.id
    await ada.request()
    expect(ada.id).toBe(rotated)
  })

  test('ids rotate after their span, but not for a poll or after the head has left', async () => {
    const at = twoManagers({ rotateEvery: '1h' }, traits)
    const ada = await known(at)
    const { id } = ada
    at.clock.advance(hour - 1)
    await ada.request()
    expect(ada.id).toBe(id)
    at.clock.advance(1)
    await ada.request(() => undefined, { isPassive: true })
    expect(ada.id).toBe(id)
    const streaming = await ada.arrive()
    streaming.announce()
    await streaming.commit()
    expect([streaming.setCookie, at.store.records()[0]?.rotation]).toEqual([undefined, undefined])
    expect(await failureOf(() => streaming.session!.rotate())).toBe('HEAD_SENT')
    await ada.request()
    expect(ada.id).not.toBe(id)
  })

  test.each<readonly [string, (session: TestSession) => unknown]>([
    ['rotate', rotate],
    ['regenerate', session => session.regenerate()],
  ])('%s does not prolong the absolute timeout', async (_what, renew) => {
    const at = twoManagers({ absolute: '2h', idle: '1h' }, traits)
    const ada = await known(at)
    for (let count = 0; count < 3; count += 1) {
      at.clock.advance(39 * minute)
      await ada.request(renew)
    }
    at.clock.advance(3 * minute - 1)
    expect((await ada.arrive()).outcome).toBe('found')
    at.clock.advance(1)
    expect((await ada.arrive()).outcome).not.toBe('found')
  })

  test('a rotated session keeps its subject, and ends under every id that it had', async () => {
    const at = twoManagers({}, traits)
    const ada = await signedIn(at)
    const fast = at.elsewhere(ada)
    await fast.request(rotate)
    const slow = await ada.arrive()
    expect([slow.session?.subject, (await at.one.of('ada').list()).length]).toEqual(['ada', 1])
    expect(await at.other.of('ada').endAll()).toBe(1)
    expect((await fast.arrive()).outcome).not.toBe('found')
    expect((await ada.arrive()).outcome).not.toBe('found')
  })

  test.each<Partial<SessionsOptions>>([{}, { seal: 'server' }, { seal: 'visitor' }])(
    'no id of any generation ever reaches the store, with %j',
    async options => {
      const at = twoManagers(options, traits)
      const ada = await known(at)
      const ids = [ada.id]
      for (let count = 0; count < 6; count += 1) {
        await ada.request(rotate)
        ids.push(ada.id)
      }
      expect(new Set(ids).size).toBe(7)
      const bytes = at.store
        .records()
        .map(record => JSON.stringify(record) + Buffer.from(record.data).toString('latin1'))
      const seen = [...at.store.seen, ...bytes].join('\n')
      for (const part of ids.flatMap(id => id.split('~'))) expect(seen).not.toContain(part)
    },
  )

  test('a store that fails when a rotation is due does not fail a response that stores nothing', async () => {
    const at = twoManagers({ rotateEvery: '1h' }, traits)
    const ada = await known(at)
    at.clock.advance(hour)
    for (const [value, error] of [
      [undefined, undefined],
      [1, 'STORE_FAILED'],
    ] as const) {
      const visit = await ada.arrive()
      if (value !== undefined) visit.session!['value'] = value
      at.store.fail('replace')
      expect(await commit(visit)).toEqual({ setCookie: undefined, error })
    }
    const { id } = ada
    await ada.request()
    expect(ada.id).not.toBe(id)
  })

  test('when the store fails to rotate, the visitor keeps the present id', async () => {
    const at = twoManagers({}, traits)
    const ada = await known(at)
    const visit = await ada.arrive()
    at.store.fail('replace')
    expect(await failureOf(() => visit.session!.rotate())).toBe('STORE_FAILED')
    ada.keep((await commit(visit)).setCookie)
    expect((await ada.arrive()).outcome).toBe('found')
  })
})

test.each(stores)(
  'a cookie that leaves with the first byte has the latest id of the session, with a store that %s',
  async (_kind, traits) => {
    const at = twoManagers({ rolling: true }, traits)
    const ada = await known(at)
    for (const isElsewhere of [false, true]) {
      const slow = await ada.arrive()
      expect(slow.session?.['user']).toBe('ada')
      const fast = isElsewhere ? at.elsewhere(ada) : at.visitor(ada.cookie)
      await fast.request(rotate)
      // This process knows the new id only after a request has brought it.
      if (isElsewhere) await at.visitor(fast.cookie).request()
      expect(idOf(slow.announce())).toBe(fast.id)
      await slow.commit()
      ada.keep(`${fast.cookie};`)
    }
  },
)
