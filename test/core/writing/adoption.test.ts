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

/** A store that also holds what express-session has left, under the ids themselves. */
class InheritingStore extends WatchedStore implements AdoptingStore {
  adoptsUntil: number | undefined = Number.POSITIVE_INFINITY
  readonly foreign = new Map<string, ForeignSession>()
  /** What happens before something is taken over. */
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

describe('a session that express-session has left', () => {
  test('goes on with its data, under the same id, and is nobody else’s any more', async () => {
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

  test('ends when its key was to end, whatever its stale cookie says, and lives on with its visitor', async () => {
    const { clock, store, leave, old } = inherit()
    leave({ user: 'ada' })
    const poll = await old().arrive({ isPassive: true })
    await poll.commit()
    expect(store.records()[0]?.expiresAt).toBe(clock.now() + 30 * minute)
    await old().request()
    expect(store.records()[0]?.expiresAt).toBeGreaterThan(clock.now() + 59 * minute)
  })

  test('never lives longer than the idle timeout allows, also where its key would', async () => {
    const { clock, store, leave, old } = inherit({ idle: '10m' })
    leave({ user: 'ada', cookie: {} }, oldId, undefined)
    await old().request()
    expect(store.records()[0]?.expiresAt).toBeLessThanOrEqual(clock.now() + 11 * minute)
  })

  test('is taken over once by two requests at the same time', async () => {
    const { store, leave, old } = inherit()
    leave({ user: 'ada' })
    const visits = await Promise.all([old().arrive(), old().arrive()])
    expect(visits.map(({ session }) => session?.['user'])).toEqual(['ada', 'ada'])
    expect(store.records()).toHaveLength(1)
  })

  test('is taken over as it is at that moment, when its old software writes in between', async () => {
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

  test('is told as an event, once, and then as any session', async () => {
    const heard = hearEvents()
    const { leave, old } = inherit()
    leave({ user: 'ada' })
    await old().arrive()
    await old().arrive()
    expect(namesOf(heard)).toEqual(['adopted', 'opened', 'opened'])
    expect(JSON.stringify(heard)).not.toContain(oldId)
  })

  test('does not come back after a logout, also when its old software writes it once more', async () => {
    const { leave, old } = inherit()
    leave({ user: 'ada' })
    await old().request(session => session.destroy())
    expect(await outcomeOf(old())).toBe('revoked')
    leave({ user: 'ada' })
    expect(await outcomeOf(old())).toBe('revoked')
  })
})

describe('what is left of it when its visitor leaves', () => {
  test('is forgotten, so that no other process takes it over again', async () => {
    const { clock, store, leave, old } = inherit()
    leave({ user: 'ada' })
    const ada = old()
    await ada.arrive()
    // What a move that broke off leaves behind, or what the old software writes once more.
    leave({ user: 'ada' })
    await ada.request(session => session.destroy())
    const elsewhere = stage({ clock, store, idle: '1h' })
    expect(await outcomeOf(elsewhere.visitor(`connect.sid=${signed(oldId)}`))).toBe('missing')
  })

  test('is forgotten under the id that it had, also after its id was changed', async () => {
    const { store, leave, old } = inherit()
    leave({ user: 'ada' })
    const ada = old()
    await ada.request(session => session.rotate())
    leave({ user: 'ada' })
    await ada.request(session => session.destroy())
    expect(store.foreign.size).toBe(0)
  })

  test('stands in the way of a logout when it cannot be forgotten, and the visitor is told', async () => {
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

describe('outside of its window', () => {
  test('nobody is asked for an old session', async () => {
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

describe('what is no such session', () => {
  test('a strange cookie asks nobody', async () => {
    const { store, old } = inherit()
    const visitor = old()
    visitor.cookie = 'connect.sid=s%3Aforged.mac'
    expect(await outcomeOf(visitor)).toBe('tampered')
    expect(store.calls).toEqual([])
  })

  test('an id that has the shape of a key finds nothing, though something is kept under it', async () => {
    const { sessions, leave, old } = inherit()
    const key = sessions.handleOf(oldId)
    leave({ user: 'ada' }, key)
    expect(await outcomeOf(old(key))).toBe('missing')
  })

  test('an id that would lead to another session by its rotation finds nothing', async () => {
    const { leave, old } = inherit()
    leave({ user: 'ada' }, `${oldId}~${'a'.repeat(32)}`)
    expect(await outcomeOf(old(`${oldId}~${'a'.repeat(32)}`))).toBe('missing')
  })

  test('what cannot be read is left where it is, and told', async () => {
    const heard = hearEvents()
    const { store, old } = inherit()
    store.foreign.set(oldId, { text: 'no JSON', expiresAt: undefined })
    expect(await outcomeOf(old())).toBe('missing')
    expect(namesOf(heard)).toContain('tampered')
    expect(store.foreign.size).toBe(1)
    expect(store.records()).toEqual([])
  })

  test('nothing is nothing: the visitor is a stranger with an old cookie', async () => {
    const { old } = inherit()
    expect(await outcomeOf(old())).toBe('missing')
  })
})
