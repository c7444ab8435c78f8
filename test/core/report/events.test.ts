import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { eventNames, publish } from '../../../src/core/report/events.ts'
import { type HeardEvent, hearEvents, namesOf } from '../heard-events.ts'
import { atOnce, hour, idOf, later, minute, stage, type TestSession } from '../stage.ts'

const leaveData = (session: TestSession): unknown => Object.assign(session, { user: 'hunter2' })

describe('events', () => {
  test('a payload is made only when there is a listener', () => {
    publish('opened', () => expect.unreachable())
    const heard = hearEvents()
    publish('opened', () => ({ handle: 'a' }))
    expect(heard).toEqual([{ name: 'opened', payload: { handle: 'a' } }])
  })

  test('each name is unique', () => {
    expect(new Set(eventNames).size).toBe(eventNames.length)
  })

  test('the events of a session come in order', async () => {
    const { visitor, sessions } = stage()
    const heard = hearEvents()
    const ada = visitor()
    await ada.request(leaveData)
    const handle = sessions.handleOf(ada.id)
    await ada.request(session => Object.assign(session, { views: 1 }))
    const { cookie } = ada
    await ada.request(session => session.destroy())
    await visitor(cookie).request()
    expect(heard).toEqual(
      ['created', 'opened', 'saved', 'opened', 'destroyed', 'revoked'].map(name => ({
        name,
        payload: { handle },
      })),
    )
  })

  test('a stranger causes no event', async () => {
    const heard = hearEvents()
    await stage().visitor().request()
    expect(heard).toEqual([])
  })
})

describe.each([
  ['answers at once', atOnce],
  ['answers later', later],
])('no payload holds an id, a cookie or data, with a store that %s', (_kind, traits) => {
  test('in any event of a session', async () => {
    const heard = hearEvents()
    const ids = await everythingHappens(traits)
    // A cross-site request is refused before its session is read, and this store takes over no foreign sessions.
    const others = eventNames.filter(name => name !== 'cross-site' && name !== 'adopted')
    expect(new Set(namesOf(heard))).toEqual(new Set(others))
    for (const { name, payload } of heard) {
      const told = tell(payload)
      for (const id of ids) expect(told, name).not.toContain(id)
      expect(told, name).not.toContain('hunter2')
    }
  })
})

/** Everything that a subscriber could print of a payload. */
function tell(payload: HeardEvent['payload']): string {
  return JSON.stringify(payload) + inspect(payload, { showHidden: true, depth: 20 })
}

/** Causes every event. Answers every id and every signature that occurred. */
async function everythingHappens(traits: Parameters<typeof stage>[1]): Promise<string[]> {
  const { visitor, store, clock } = stage({ cookie: { maxAge: hour }, rolling: true }, traits)
  const ada = visitor()
  const secrets: string[] = []
  const note = (): void => {
    const value = decodeURIComponent(String(ada.cookie))
    secrets.push(idOf(ada.cookie), value.slice(value.lastIndexOf('.') + 1), String(ada.cookie))
  }
  await ada.request(leaveData)
  note()
  const slow = await ada.arrive()
  Object.assign(slow.session!, { slow: 1 })
  await ada.request(session => Object.assign(session, { fast: 1 }))
  await slow.commit()
  const late = await ada.arrive()
  await ada.request(session => session.regenerate())
  note()
  Object.assign(late.session!, { late: 1 })
  await late.commit()
  await visitor(`${ada.cookie}x`).request()
  await visitor(`${ada.cookie}; ${ada.cookie}`).request()
  await ada.request(session => session.signIn('ada'))
  note()
  const { cookie: spent } = ada
  await ada.request(session => session.rotate())
  note()
  await ada.request()
  clock.advance(minute)
  await visitor(spent).request()
  const epoch = { epoch: clock.now(), except: undefined, expiresAt: clock.now() + hour }
  store.inner.exchangeEpoch({ subject: 'ada', next: epoch, expected: undefined })
  await visitor(ada.cookie).request()
  await stage().visitor(ada.cookie).request()
  await ada.request(leaveData)
  note()
  const [stale] = store.records()
  clock.advance(2 * hour)
  store.next('load', () => stale as never)
  await visitor(ada.cookie).request()
  await visitor(ada.cookie).request()
  store.fail('load')
  await Promise.resolve(visitor(ada.cookie).arrive()).catch(() => undefined)
  return secrets
}
