import { describe, expect, test } from 'vitest'
import { hearEvents, namesOf } from '../heard-events.ts'
import { atOnce, hour, idOf, later, minute, settle, stage, type TestSession } from '../stage.ts'

const leaveData = (session: TestSession): unknown => Object.assign(session, { user: 'ada' })

describe.each([
  ['answers at once', atOnce],
  ['answers later', later],
])('the methods of a session, with a store that %s', (_kind, traits) => {
  async function signedIn(options: Parameters<typeof stage>[0] = {}): Promise<{
    readonly at: ReturnType<typeof stage>
    readonly ada: ReturnType<ReturnType<typeof stage>['visitor']>
  }> {
    const at = stage(options, traits)
    const ada = at.visitor()
    await ada.request(leaveData)
    at.store.forgetCalls()
    return { at, ada }
  }

  test('save stores the session now, and the commit does not store it again', async () => {
    const { visitor, store } = stage({}, traits)
    const ada = visitor()
    const visit = await ada.request(async session => {
      leaveData(session)
      await session.save()
      expect(store.records()).toHaveLength(1)
    })
    expect(store.calls).toEqual(['create', 'load'])
    expect(visit.setCookie).toBeDefined()
    await ada.request(session => expect(session['user']).toBe('ada'))
  })

  test('a change after a save is stored by the commit', async () => {
    const { at, ada } = await signedIn()
    await ada.request(async session => {
      session['first'] = 1
      await session.save()
      session['second'] = 2
    })
    expect(at.store.calls).toEqual(['load', 'replace', 'replace'])
    await ada.request(session => expect(session).toMatchObject({ user: 'ada', first: 1, second: 2 }))
  })

  test('two concurrent saves run one after the other', async () => {
    const { at, ada } = await signedIn()
    await ada.request(async session => {
      session['first'] = 1
      const first = session.save()
      session['second'] = 2
      await Promise.all([first, session.save()])
    })
    expect(at.store.calls).not.toContain('delete')
    expect(at.store.records()[0]).toMatchObject({ version: 3, data: '{"user":"ada","first":1,"second":2}' })
  })

  test('a save that fails rejects, and the commit tries it again', async () => {
    const { visitor, store } = stage({}, traits)
    const visit = await visitor().request(async session => {
      leaveData(session)
      store.fail('create')
      await expect(session.save()).rejects.toMatchObject({ code: 'STORE_FAILED' })
    })
    expect(store.calls).toEqual(['create', 'load', 'create'])
    expect(visit.setCookie).toBeDefined()
  })

  test('a failed save is tried again together with later changes', async () => {
    const { visitor, store } = stage({}, traits)
    const ada = visitor()
    await ada.request(async session => {
      leaveData(session)
      store.fail('create')
      await session.save().catch(() => undefined)
      session['more'] = 1
    })
    expect(store.calls).toEqual(['create', 'load', 'create'])
    await ada.request(session => expect(session).toMatchObject({ user: 'ada', more: 1 }))
  })

  test('a save that takes the store too long does not become an unhandled rejection', async () => {
    const { visitor, store, clock } = stage({ deadline: '1s' }, later)
    const visit = await visitor().arrive()
    leaveData(visit.session!)
    const gate = store.hold('create')
    void visit.session?.save()
    await gate.reached
    clock.advance(1000)
    await settle()
    await visit.commit()
    expect(visit.setCookie).toBeDefined()
    gate.open()
    await settle()
    expect(store.records()).toHaveLength(1)
  })

  test('touch gives the cookie its whole lifetime again', async () => {
    const { at, ada } = await signedIn({ cookie: { maxAge: hour } })
    await ada.request(session => {
      expect(session.cookie.maxAge).toBe(hour)
      at.clock.advance(10 * minute)
      expect(session.cookie.maxAge).toBe(hour - 10 * minute)
      expect(session.touch()).toBe(session)
      expect(session.cookie.maxAge).toBe(hour)
    })
  })

  test('reload loads what another request stored, as the session of the visit', async () => {
    const { ada } = await signedIn()
    const visit = await ada.arrive()
    const before = visit.session!
    before['mine'] = 1
    await ada.request(session => Object.assign(session, { theirs: 1 }))
    await before.reload()
    expect(visit.session).not.toBe(before)
    expect(visit.session).toMatchObject({ user: 'ada', theirs: 1 })
    expect(visit.session?.['mine']).toBeUndefined()
    await visit.commit()
    await ada.request(session => expect(session['mine']).toBeUndefined())
  })

  test('reload of a session that is gone rejects in the words of express-session', async () => {
    const { at, ada } = await signedIn()
    const visit = await ada.arrive()
    at.store.inner.clear()
    await expect(visit.session?.reload()).rejects.toThrow('failed to load session')
    await expect(visit.session?.reload()).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
  })

  test('destroy removes the record, takes the session away at once, and deletes the cookie', async () => {
    const { at, ada } = await signedIn()
    const visit = await ada.request((session, current) => {
      const destroying = session.destroy()
      expect(current.session).toBeUndefined()
      return destroying
    })
    expect(at.store.calls).toEqual(['load', 'delete'])
    expect(at.store.records()).toEqual([])
    expect(visit.setCookie).toBe(
      'connect.sid=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly',
    )
  })

  test('destroy of a session that was never stored costs no store call and sends no cookie', async () => {
    const { visitor, store } = stage({}, traits)
    const visit = await visitor().request(session => {
      leaveData(session)
      return session.destroy()
    })
    expect([store.calls, visit.setCookie]).toEqual([[], undefined])
  })

  /** @see issue 13, point 5 */
  test('destroy of a new session makes a store call when `saveUninitialized` is on', async () => {
    const { visitor, store } = stage({ saveUninitialized: true }, traits)
    await visitor().request(session => session.destroy())
    expect(store.calls).toEqual(['delete'])
  })

  test('a destroyed session is not saved, not even by its own method', async () => {
    const { at, ada } = await signedIn()
    await ada.request(async session => {
      await session.destroy()
      session['user'] = 'zombie'
      await expect(session.save()).rejects.toMatchObject({ code: 'SESSION_GONE' })
    })
    expect(at.store.records()).toEqual([])
    expect(at.store.calls).toEqual(['load', 'delete'])
  })

  test('a destroy that fails rejects, and can be repeated', async () => {
    const { at, ada } = await signedIn()
    const visit = await ada.arrive()
    const session = visit.session!
    at.store.fail('delete')
    await expect(session.destroy()).rejects.toMatchObject({ code: 'STORE_FAILED' })
    expect(at.store.records()).toHaveLength(1)
    await session.destroy()
    expect(at.store.records()).toEqual([])
  })

  test('a destroy whose promise is dropped is no unhandled rejection, but an event', async () => {
    const { at, ada } = await signedIn()
    const heard = hearEvents()
    const visit = await ada.arrive()
    at.store.fail('delete')
    void visit.session?.destroy()
    await settle()
    expect(namesOf(heard)).toEqual(['opened', 'store-failed'])
  })

  test('regenerate ends the old id before the new session exists, and keeps no data', async () => {
    const { at, ada } = await signedIn()
    const { id, cookie } = ada
    const visit = await ada.request(async (session, current) => {
      const gate = at.store.holdAnswer('delete')
      const regenerating = session.regenerate()
      await gate.reached
      expect(at.store.records()).toEqual([])
      expect(current.session).toBe(session)
      gate.open()
      await regenerating
      expect(current.session).not.toBe(session)
      expect(Object.keys(current.session!)).toEqual(['cookie'])
      current.session!['user'] = 'root'
    })
    expect(at.store.calls).toEqual(['load', 'delete', 'create'])
    expect(idOf(visit.setCookie)).not.toBe(id)
    expect((await at.visitor(cookie).request()).outcome).toBe('revoked')
    await ada.request(session => expect(session['user']).toBe('root'))
  })

  test('a regenerated session that stays empty is stored and sent when the visitor had one', async () => {
    const { at, ada } = await signedIn()
    const { id } = ada
    const visit = await ada.request(session => session.regenerate())
    expect(at.store.calls).toEqual(['load', 'delete', 'create'])
    expect(idOf(visit.setCookie)).not.toBe(id)
  })

  test.each([{}, { user: 'root' }])(
    'a regenerated session that could not be saved (%o) gets no cookie',
    async values => {
      const { at, ada } = await signedIn()
      const visit = await ada.arrive()
      await visit.session!.regenerate()
      Object.assign(visit.session!, values)
      at.store.fail('create')
      at.store.fail('create')
      await expect(visit.session!.save()).rejects.toMatchObject({ code: 'STORE_FAILED' })
      await expect((async () => visit.commit())()).rejects.toMatchObject({ code: 'STORE_FAILED' })
      expect([at.store.records(), visit.setCookie]).toEqual([[], undefined])
    },
  )

  test("a stranger's empty regenerated session costs nothing", async () => {
    const { visitor, store } = stage({}, traits)
    const visit = await visitor().request(session => session.regenerate())
    expect([store.calls, visit.setCookie]).toEqual([[], undefined])
  })

  test('a regenerate whose delete fails rejects, and the request keeps its session', async () => {
    const { at, ada } = await signedIn()
    const visit = await ada.arrive()
    const before = visit.session!
    at.store.fail('delete')
    await expect(before.regenerate()).rejects.toMatchObject({ code: 'STORE_FAILED' })
    expect(visit.session).toBe(before)
    expect(visit.session?.['user']).toBe('ada')
  })

  test('data written to the old session after regenerate is never stored', async () => {
    const { at, ada } = await signedIn()
    await ada.request(async session => {
      await session.regenerate()
      session['user'] = 'zombie'
      await expect(session.save()).rejects.toMatchObject({ code: 'SESSION_GONE' })
    })
    expect(at.store.records().map(({ data }) => data)).toEqual(['{}'])
  })

  test('destroy after regenerate leaves no record and no cookie', async () => {
    const { at, ada } = await signedIn()
    const visit = await ada.request(async (session, current) => {
      await session.regenerate()
      current.session!['user'] = 'root'
      await current.session!.destroy()
    })
    expect(at.store.records()).toEqual([])
    expect(visit.setCookie).toContain('Max-Age=0')
  })

  test('two regenerates at once leave one session', async () => {
    const { at, ada } = await signedIn()
    await ada.request(session => Promise.all([session.regenerate(), session.regenerate()]))
    expect(at.store.records()).toHaveLength(1)
    expect((await ada.request()).outcome).toBe('found')
  })

  test('a new id for the same visitor begins its absolute time anew only with regenerate', async () => {
    const { at, ada } = await signedIn({ absolute: '1h' })
    const begunAt = at.clock.now()
    at.clock.advance(30 * minute)
    await ada.request(session => Object.assign(session, { views: 1 }))
    expect(at.store.records()[0]).toMatchObject({ createdAt: begunAt, expiresAt: begunAt + hour })
  })
})

describe('callbacks', () => {
  test('each method with a callback answers the session, and calls back when it is done', async () => {
    const { visitor } = stage({}, later)
    const ada = visitor()
    await ada.request(leaveData)
    const visit = await ada.arrive()
    for (const name of ['save', 'reload', 'regenerate', 'destroy'] as const) {
      const session = visit.session!
      const seen = await new Promise<unknown[]>(resolve => {
        expect(session[name]((...given: unknown[]) => resolve(given))).toBe(session)
      })
      expect(seen).toEqual([])
    }
  })

  test('a failure arrives as the first argument, once', async () => {
    const { visitor, store } = stage({}, later)
    const visit = await visitor().arrive()
    leaveData(visit.session!)
    store.fail('create')
    const seen: unknown[] = []
    await new Promise<void>(resolve => {
      visit.session!.save(error => {
        seen.push(error)
        resolve()
      })
    })
    await settle()
    expect(seen).toEqual([expect.objectContaining({ code: 'STORE_FAILED' })])
  })
})

describe('a save and a destroy of one request', () => {
  test('a destroy during a save waits for it, and leaves nothing', async () => {
    const { visitor, store } = stage({}, later)
    const visit = await visitor().arrive()
    const session = visit.session!
    leaveData(session)
    const gate = store.hold('create')
    const saving = session.save()
    await gate.reached
    const destroying = session.destroy()
    gate.open()
    await Promise.all([saving, destroying])
    await visit.commit()
    expect([store.records(), visit.setCookie]).toEqual([[], undefined])
  })

  test('the commit waits for a save under way', async () => {
    const { visitor, store } = stage({}, later)
    const visit = await visitor().arrive()
    leaveData(visit.session!)
    const gate = store.hold('create')
    void visit.session!.save()
    await gate.reached
    const committing = visit.commit()
    gate.open()
    await committing
    expect(store.calls).toEqual(['create', 'load'])
    expect(visit.setCookie).toBeDefined()
  })

  test('a destroy while the commit stores a new session leaves nothing behind', async () => {
    const { visitor, store } = stage({}, later)
    const ada = visitor()
    const visit = await ada.arrive()
    const session = visit.session!
    leaveData(session)
    ada.keep(visit.announce())
    const gate = store.hold('create')
    const committing = visit.commit()
    await gate.reached
    const destroying = session.destroy()
    gate.open()
    await Promise.all([committing, destroying])
    expect(store.records()).toEqual([])
    expect((await ada.request()).outcome).toBe('revoked')
  })

  test('a destroy after a save that timed out leaves nothing, whenever the store runs the save', async () => {
    const { visitor, store, clock } = stage({ deadline: '1s' }, later)
    const ada = visitor()
    const visit = await ada.arrive()
    const session = visit.session!
    leaveData(session)
    ada.keep(visit.announce())
    const gate = store.holdAnswer('create')
    const saving = expect(session.save()).rejects.toMatchObject({ code: 'STORE_TIMED_OUT' })
    await gate.reached
    clock.advance(1000)
    await saving
    await session.destroy()
    await visit.commit()
    gate.open()
    await settle()
    expect(store.records()).toEqual([])
  })

  test('a regenerate after a save that timed out leaves the old id dead', async () => {
    const { visitor, store, clock } = stage({ deadline: '1s' }, later)
    const visit = await visitor().arrive()
    const session = visit.session!
    leaveData(session)
    const gate = store.holdAnswer('create')
    const saving = session.save().catch(() => undefined)
    await gate.reached
    clock.advance(1000)
    await saving
    await session.regenerate()
    visit.session!['user'] = 'root'
    await visit.commit()
    expect(store.records().map(({ data }) => data)).toEqual(['{"user":"root"}'])
  })
})
