import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { SessionsOptions } from '../../../src/core/policy/options.ts'
import type { AdoptingStore, ForeignSession, MaybePromise, TakeOver } from '../../../src/core/record/store.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'
import { hearEvents, namesOf } from '../heard-events.ts'
import { hour, later, minute, secret, stage, type Visitor } from '../stage.ts'
import { type StandIn, WatchedStore } from '../watched-store.ts'

const oldId = 'an-id-of-express-session-of-old'
const day = 24 * hour

/** A store that also holds sessions of express-session, under the ids themselves. */
class InheritingStore extends WatchedStore implements AdoptingStore {
  adoptsUntil: number | undefined = Number.POSITIVE_INFINITY
  readonly foreign = new Map<string, ForeignSession>()
  /** Runs before a session is taken over. */
  before: StandIn = work => work()

  findForeign(id: string): MaybePromise<ForeignSession | undefined> {
    return Promise.resolve(this.foreign.get(id))
  }

  takeOver({ id, foreign, record }: TakeOver): MaybePromise<boolean> {
    return this.before(() => {
      if (this.foreign.get(id)?.text !== foreign.text || !this.inner.create(record)) return false
      return this.foreign.delete(id)
    })
  }

  async forgetForeign(id: string): Promise<void> {
    this.foreign.delete(id)
  }
}

function inherit(options: Partial<SessionsOptions> = {}) {
  const clock = fakeClock()
  const store = new InheritingStore(clock, later)
  const { sessions, visitor } = stage({ clock, store, idle: '1h', absolute: '30d', ...options })
  const cookie = { originalMaxAge: day, expires: new Date(clock.now() - day), httpOnly: true, path: '/' }
  const leave = (
    data: object,
    id = oldId,
    expiresAt: number | undefined = clock.now() + 30 * minute,
  ): void => {
    store.foreign.set(id, { text: JSON.stringify({ cookie, ...data }), expiresAt })
  }
  return { clock, store, sessions, leave, old: (id = oldId) => visitor(`connect.sid=${signed(id)}`) }
}

/** A cookie as express-session signs it. */
function signed(id: string): string {
  const mac = createHmac('sha256', secret).update(id).digest('base64').replace(/=+$/, '')
  return encodeURIComponent(`s:${id}.${mac}`)
}

async function outcomeOf(visitor: Visitor): Promise<string> {
  return (await visitor.arrive()).outcome
}

describe('a session of express-session', () => {
  test('goes on with its data, under the same id, and the old copy is gone', async () => {
    const { store, leave, old } = inherit()
    leave({ user: 'ada', cart: [1, 2] })
    const ada = old()
    const visit = await ada.request(session => {
      session['seen'] = true
    })
    expect([visit.outcome, visit.session]).toEqual([
      'found',
      expect.objectContaining({ user: 'ada', cart: [1, 2] }),
    ])
    expect([...store.foreign.keys()]).toEqual([])
    const again = await ada.arrive()
    expect([again.id, again.session?.['user'], again.session?.['seen']]).toEqual([oldId, 'ada', true])
    expect(JSON.stringify(store.records())).not.toContain(oldId)
  })

  test('expires with its old key, whatever its stale cookie says, unless its visitor is active', async () => {
    const { clock, store, leave, old } = inherit()
    leave({ user: 'ada' })
    const poll = await old().arrive({ isPassive: true })
    await poll.commit()
    expect(store.records()[0]?.expiresAt).toBe(clock.now() + 30 * minute)
    await old().request()
    expect(store.records()[0]?.expiresAt).toBeGreaterThan(clock.now() + 59 * minute)
  })

  test('never lives longer than the idle timeout allows, even when its key would', async () => {
    const { clock, store, leave, old } = inherit({ idle: '10m' })
    leave({ user: 'ada', cookie: {} }, oldId, undefined)
    await old().request()
    expect(store.records()[0]?.expiresAt).toBeLessThanOrEqual(clock.now() + 11 * minute)
  })

  test('is taken over once by two concurrent requests', async () => {
    const { store, leave, old } = inherit()
    leave({ user: 'ada' })
    const visits = await Promise.all([old().arrive(), old().arrive()])
    expect(visits.map(({ session }) => session?.['user'])).toEqual(['ada', 'ada'])
    expect(store.records()).toHaveLength(1)
  })

  test('is taken over in its latest state, when the old software writes in between', async () => {
    const { store, leave, old } = inherit()
    leave({ user: 'ada' })
    store.before = work => {
      store.before = next => next()
      leave({ user: 'ada', late: true })
      return work()
    }
    expect((await old().arrive()).session?.['late']).toBe(true)
  })

  test('is sealed from then on', async () => {
    const keys = [{ id: 'k', secret: 'x'.repeat(32) }]
    const { store, leave, old } = inherit({ keys, seal: 'server', secret } as never)
    leave({ user: 'ada' })
    expect((await old().arrive()).session?.['user']).toBe('ada')
    expect(store.records()[0]?.data).toBeInstanceOf(Uint8Array)
  })

  test('gives one event for the take-over, and then the events of any session', async () => {
    const heard = hearEvents()
    const { leave, old } = inherit()
    leave({ user: 'ada' })
    await old().arrive()
    await old().arrive()
    expect(namesOf(heard)).toEqual(['adopted', 'opened', 'opened'])
    expect(JSON.stringify(heard)).not.toContain(oldId)
  })

  test('does not come back after a logout, even when the old software writes it again', async () => {
    const { leave, old } = inherit()
    leave({ user: 'ada' })
    await old().request(session => session.destroy())
    expect(await outcomeOf(old())).toBe('revoked')
    leave({ user: 'ada' })
    expect(await outcomeOf(old())).toBe('revoked')
  })
})

describe('its old copy when its visitor logs out', () => {
  test('is removed, so that no other process takes it over again', async () => {
    const { clock, store, leave, old } = inherit()
    leave({ user: 'ada' })
    const ada = old()
    await ada.arrive()
    // An interrupted move leaves this behind, or the old software writes it again.
    leave({ user: 'ada' })
    await ada.request(session => session.destroy())
    const elsewhere = stage({ clock, store, idle: '1h' })
    expect(await outcomeOf(elsewhere.visitor(`connect.sid=${signed(oldId)}`))).toBe('missing')
  })

  test('is removed under its old id, even after a rotation', async () => {
    const { store, leave, old } = inherit()
    leave({ user: 'ada' })
    const ada = old()
    await ada.request(session => session.rotate())
    leave({ user: 'ada' })
    await ada.request(session => session.destroy())
    expect(store.foreign.size).toBe(0)
  })

  test('fails the logout when it cannot be removed, and the visitor gets the error', async () => {
    const { store, leave, old } = inherit()
    leave({ user: 'ada' })
    const ada = old()
    await ada.arrive()
    store.forgetForeign = () => Promise.reject(new Error('nobody answers'))
    await expect(ada.request(session => session.destroy())).rejects.toThrow(
      /forget what other software keeps under an id/,
    )
    expect(await outcomeOf(ada)).toBe('found')
  })
})

describe('outside the window', () => {
  test('the store is not asked for old sessions', async () => {
    const { clock, store, leave, old } = inherit()
    leave({ user: 'ada' })
    for (const until of [undefined, clock.now()]) {
      store.adoptsUntil = until
      store.forgetCalls()
      expect(await outcomeOf(old())).toBe('missing')
      expect(store.calls).toEqual(['load'])
    }
    store.adoptsUntil = clock.now() + 1
    expect(await outcomeOf(old())).toBe('found')
  })
})

describe('a cookie without such a session', () => {
  test('is not looked up when its signature is wrong', async () => {
    const { store, old } = inherit()
    const visitor = old()
    visitor.cookie = 'connect.sid=s%3Aforged.mac'
    expect(await outcomeOf(visitor)).toBe('tampered')
    expect(store.calls).toEqual([])
  })

  test('finds nothing when its id has the shape of a key, even if the store has that key', async () => {
    const { sessions, leave, old } = inherit()
    const key = sessions.handleOf(oldId)
    leave({ user: 'ada' }, key)
    expect(await outcomeOf(old(key))).toBe('missing')
  })

  test('finds nothing when its id has the shape of a rotated one', async () => {
    const { leave, old } = inherit()
    leave({ user: 'ada' }, `${oldId}~${'a'.repeat(32)}`)
    expect(await outcomeOf(old(`${oldId}~${'a'.repeat(32)}`))).toBe('missing')
  })

  test('leaves an unreadable session where it is, and reports it', async () => {
    const heard = hearEvents()
    const { store, old } = inherit()
    store.foreign.set(oldId, { text: 'no JSON', expiresAt: undefined })
    expect(await outcomeOf(old())).toBe('missing')
    expect(namesOf(heard)).toContain('tampered')
    expect(store.foreign.size).toBe(1)
    expect(store.records()).toEqual([])
  })

  test('makes its visitor a stranger when the store has nothing', async () => {
    const { old } = inherit()
    expect(await outcomeOf(old())).toBe('missing')
  })
})
