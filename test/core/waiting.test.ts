import { describe, expect, test } from 'vitest'
import type { StoreCall } from '../../src/core/record/store.ts'
import type { HoldOptions } from '../../src/core/writing/hold.ts'
import { Gate } from '../support/gate.ts'
import { commit, failureOf, known } from './races/two-managers.ts'
import { atOnce, later, type Stage, settle, stage, type TestSession, type TestVisit } from './stage.ts'

/** @see issue 12, point 4: nothing waits without an end */

const deadline = { deadline: '1s' } as const
const never = new Promise<never>(() => undefined)

describe('an `update` whose function never returns', () => {
  test('fails at the deadline with its own code, and stores none of its changes', async () => {
    const { at, ada } = await begun(deadline)
    const visit = await ada.arrive()
    const updating = failureOf(() =>
      visit.session!.update(session => {
        session['user'] = 'eve'
        return never
      }),
    )
    await settle()
    at.clock.advance(999)
    await settle()
    expect(await Promise.race([updating, 'waiting'])).toBe('waiting')
    at.clock.advance(1)
    expect(await updating).toBe('UPDATE_TIMED_OUT')
    expect((await commit(visit)).error).toBeUndefined()
    await ada.request(session => expect(session['user']).toBe('ada'))
    expect(timersOf(at)).toBe(0)
  })

  test('delays the updates of other requests for no longer', async () => {
    const { at, ada } = await begun(deadline)
    const [first, second] = [await ada.arrive(), await ada.arrive()]
    const hanging = failureOf(() => first.session!.update(() => never))
    await settle()
    at.clock.advance(1)
    const counting = second.session!.update(session => {
      session['views'] = 1
      return session['views']
    })
    await settle()
    at.clock.advance(999)
    expect([await hanging, await counting]).toEqual(['UPDATE_TIMED_OUT', 1])
    await commit(second)
    await ada.request(session => expect(session['views']).toBe(1))
  })

  test('cannot change the session any more when it goes on after all', async () => {
    const { at, ada } = await begun(deadline)
    const visit = await ada.arrive()
    const gate = new Gate()
    let late: unknown
    const updating = failureOf(() =>
      visit.session!.update(async session => {
        const nested = Object.assign(session, { nested: { list: [] as number[] } }).nested
        await gate.passed
        nested.list.push(1)
        late = await failureOf(() => Object.assign(session, { user: 'eve' }))
      }),
    )
    await settle()
    at.clock.advance(1000)
    expect(await updating).toBe('UPDATE_TIMED_OUT')
    gate.open()
    await settle()
    expect(late).toBe('UPDATE_TIMED_OUT')
    visit.session!['views'] = 1
    await commit(visit)
    expect(at.store.records().map(({ data }) => data)).toEqual(['{"user":"ada","views":1}'])
  })

  test('does not stop a save that waits behind it', async () => {
    const { at, ada } = await begun(deadline)
    const visit = await ada.arrive()
    const hanging = failureOf(() => visit.session!.update(() => never))
    await settle()
    visit.session!['views'] = 1
    const saving = visit.session!.save()
    await settle()
    at.clock.advance(1000)
    await Promise.all([hanging, saving])
    await commit(visit)
    await ada.request(session => expect(session['user']).toBe('ada'))
  })
})

describe('a method of the session inside the function of its `update`', () => {
  const methods: readonly (readonly [string, (session: TestSession) => unknown])[] = [
    ['save', session => session.save()],
    ['reload', session => session.reload()],
    ['destroy', session => session.destroy()],
    ['regenerate', session => session.regenerate()],
    ['update', session => session.update(() => undefined)],
    ['rotate', session => session.rotate()],
    ['signIn', session => session.signIn('ada')],
    ['signOut', session => session.signOut()],
  ]

  test.each(methods)(
    'is refused at once, even through another reference to the session: %s',
    async (name, call) => {
      const { ada } = await begun()
      const visit = await ada.arrive()
      for (const pause of [() => undefined, settle]) {
        const session = visit.session!
        const updating = session.update(async () => {
          await pause()
          await call(session)
        })
        await expect(updating).rejects.toMatchObject({
          code: 'UPDATE_NESTED',
          message: expect.stringContaining(`\`${name}\``),
        })
        expect(visit.session).toBe(session)
      }
      await commit(visit)
      await ada.request(session => expect(session['user']).toBe('ada'))
    },
  )

  test('is refused even on the same session in another request', async () => {
    const { ada } = await begun()
    const [one, other] = [await ada.arrive(), await ada.arrive()]
    const updating = one.session!.update(() => other.session!.update(() => undefined))
    expect(await failureOf(() => updating)).toBe('UPDATE_NESTED')
  })

  test('waits for its turn when other code of the request calls it meanwhile', async () => {
    const { at, ada } = await begun()
    const visit = await ada.arrive()
    const gate = new Gate()
    const updating = visit.session!.update(async session => {
      await gate.passed
      session['views'] = 1
    })
    await settle()
    visit.session!['other'] = 1
    const saving = visit.session!.save()
    await settle()
    gate.open()
    await Promise.all([updating, saving])
    expect(at.store.records()[0]?.data).toBe('{"user":"ada","other":1,"views":1}')
  })

  test('may be called after the update, from work that the function has begun', async () => {
    const { ada } = await begun()
    const visit = await ada.arrive()
    const gate = new Gate()
    let begunInside: Promise<unknown> = never
    await visit.session!.update(() => {
      begunInside = gate.passed.then(() => visit.session!.save())
    })
    gate.open()
    await begunInside
  })
})

describe('a thenable that is no native promise', () => {
  test('is awaited as the answer of an update', async () => {
    const { at, ada } = await begun()
    const result = await ada.arrive().then(visit =>
      visit.session!.update(session =>
        thenable(() => {
          session['views'] = 1
          return 'answered'
        }),
      ),
    )
    expect(result).toBe('answered')
    expect(at.store.records()[0]?.data).toBe('{"user":"ada","views":1}')
  })

  test('is run once', async () => {
    const { ada } = await begun()
    const visit = await ada.arrive()
    let runs = 0
    await visit.session!.update(() => thenable(() => (runs += 1)))
    expect(runs).toBe(1)
  })

  test('fails an update by its rejection', async () => {
    const { at, ada } = await begun()
    const visit = await ada.arrive()
    const failing = { then: (_done: unknown, fail: (error: Error) => void) => fail(new Error('refused')) }
    await expect(visit.session!.update(() => failing as never)).rejects.toThrow('refused')
    await commit(visit)
    expect(at.store.records()[0]?.data).toBe('{"user":"ada"}')
  })

  test('is awaited as the answer of a store', async () => {
    const at = stage({}, later)
    const { inner } = at.store
    at.store.create = record => thenable(() => inner.create(record))
    at.store.load = key => thenable(() => inner.load(key))
    at.store.replace = (record, version) => thenable(() => inner.replace(record, version))
    at.store.delete = key => thenable(() => inner.delete(key))
    const ada = await known(at)
    await ada.request(session => session.update(own => void (own['views'] = 1)))
    await ada.request(session => expect(session['views']).toBe(1))
    await ada.request(session => session.destroy())
    expect(at.store.records()).toEqual([])
  })
})

describe('a store that is slow', () => {
  /** Makes each call take a while by the clock of the test. */
  const slowed = async (spanMs: number) => {
    const { at, ada } = await begun(deadline)
    const slow = async <Answer>(work: () => Answer): Promise<Answer> => {
      await new Promise<void>(resolve => void at.clock.after(spanMs, resolve))
      return work()
    }
    const { inner } = at.store
    let calls = 0
    const counted = <Answer>(work: () => Answer): Promise<Answer> => {
      calls += 1
      return slow(work)
    }
    at.store.load = key => counted(() => inner.load(key))
    at.store.create = record => counted(() => inner.create(record))
    at.store.replace = (record, version) => counted(() => inner.replace(record, version))
    at.store.delete = key => counted(() => inner.delete(key))
    at.store.ofSubject = subject => counted(() => inner.ofSubject(subject))
    at.store.epochOf = subject => counted(() => inner.epochOf(subject))
    return { at, ada, calls: () => calls }
  }

  /** Lets time pass until work is done, and answers how long it took. */
  const timed = async (at: Awaited<ReturnType<typeof slowed>>['at'], work: Promise<unknown>) => {
    const begunAt = at.clock.now()
    let isDone = false
    void work.finally(() => {
      isDone = true
    })
    for (let step = 0; step < 2000 && !isDone; step += 1) {
      await settle()
      if (!isDone) at.clock.advance(10)
    }
    return { result: await work, tookMs: at.clock.now() - begunAt }
  }

  test('cannot make a sign-in with many calls last longer than the deadline', async () => {
    const { at, ada } = await slowed(0)
    const visit = (await timed(at, ada.arrive())).result as TestVisit
    const slow = await slowed(400)
    const other = (await timed(slow.at, slow.ada.arrive())).result as TestVisit
    const free = await timed(
      at,
      failureOf(() => visit.session!.signIn('ada')),
    )
    expect(free.result).toBeUndefined()
    const { result, tookMs } = await timed(
      slow.at,
      failureOf(() => other.session!.signIn('ada')),
    )
    expect([result, tookMs]).toEqual(['STORE_TIMED_OUT', 1000])
  })

  test('leaves no subject signed in when the sign-in fails', async () => {
    const { at, ada } = await slowed(400)
    const visit = (await timed(at, ada.arrive())).result as TestVisit
    const { result } = await timed(
      at,
      failureOf(() => visit.session!.signIn('ada')),
    )
    expect(result).toBe('STORE_TIMED_OUT')
    for (let step = 0; step < 500; step += 1) {
      at.clock.advance(10)
      await settle()
    }
    expect(at.store.records().filter(({ subject }) => subject === 'ada')).toEqual([])
  })

  test('delays many updates of one session by one deadline in all, and not by one each', async () => {
    const { at, ada } = await begun(deadline)
    const visits = await Promise.all(Array.from({ length: 15 }, () => ada.arrive()))
    at.store.replace = () => never
    const { result, tookMs } = await timed(
      at,
      Promise.all(
        visits.map(({ session }) => failureOf(() => session!.update(each => Object.assign(each, { n: 1 })))),
      ),
    )
    expect([new Set(result as string[]), tookMs]).toEqual([new Set(['STORE_TIMED_OUT', 'LOCK_BUSY']), 1000])
    expect(timersOf(at)).toBe(0)
  })

  test('delays many sign-ins of one subject by one deadline in all, when a limit refuses them', async () => {
    const { at } = await begun({ ...deadline, maxPerSubject: 3, atLimit: 'refuse' })
    const visits = await Promise.all(Array.from({ length: 5 }, () => at.visitor().arrive()))
    at.store.create = () => never
    const { result, tookMs } = await timed(
      at,
      Promise.all(visits.map(({ session }) => failureOf(() => session!.signIn('ada')))),
    )
    expect([new Set(result as string[]), tookMs]).toEqual([new Set(['STORE_TIMED_OUT', 'LOCK_BUSY']), 1000])
    await settle()
    expect(at.store.records().filter(({ subject }) => subject === 'ada')).toEqual([])
  })

  test('is asked to remove what a failed sign-in stored, although its deadline has passed', async () => {
    const { at } = await begun(deadline)
    const { inner } = at.store
    at.store.create = record => {
      inner.create(record)
      return never
    }
    // A store that checks whether its caller still waits before it sends anything.
    at.store.delete = async (key: string, call?: StoreCall) => {
      await settle()
      call?.throwIfOver()
      return inner.delete(key)
    }
    const visit = await at.visitor().arrive()
    const { result, tookMs } = await timed(
      at,
      failureOf(() => visit.session!.signIn('ada')),
    )
    await settle()
    await settle()
    expect([result, tookMs]).toEqual(['STORE_TIMED_OUT', 1000])
    expect(at.store.records().filter(({ subject }) => subject === 'ada')).toEqual([])
  })

  test('has the whole deadline for each operation, however long the request lasts', async () => {
    const { at, ada } = await slowed(800)
    const visit = (await timed(at, ada.arrive())).result as TestVisit
    at.clock.advance(60_000)
    visit.session!['views'] = 1
    expect(
      (
        await timed(
          at,
          failureOf(() => visit.session!.save()),
        )
      ).result,
    ).toBeUndefined()
    at.clock.advance(60_000)
    visit.session!['views'] = 2
    expect((await timed(at, commit(visit))).result).toMatchObject({ error: undefined })
    expect(at.store.records()[0]?.data).toBe('{"user":"ada","views":2}')
    expect(timersOf(at)).toBe(0)
  })

  test('cannot make a commit last longer either, however often it conflicts', async () => {
    const { at, ada } = await slowed(300)
    const visit = (await timed(at, ada.arrive())).result as TestVisit
    const { inner } = at.store
    const replace = at.store.replace.bind(at.store)
    at.store.replace = (record, version) => {
      const current = inner.load(record.key)!
      inner.replace({ ...current, version: current.version + 1 }, current.version)
      return replace(record, version)
    }
    visit.session!['views'] = 1
    const { result, tookMs } = await timed(at, commit(visit))
    expect([result, tookMs]).toEqual([{ error: 'STORE_TIMED_OUT', setCookie: undefined }, 1000])
  })

  test('does not fail when the clock is set back or forward', async () => {
    const { at, ada } = await slowed(300)
    const visit = (await timed(at, ada.arrive())).result as TestVisit
    visit.session!['views'] = 1
    const committing = commit(visit)
    await settle()
    at.clock.jump(3_600_000)
    expect((await timed(at, committing)).result).toMatchObject({ error: undefined })
  })
})

describe('a hold', () => {
  const options: HoldOptions = { waitMs: 5000, leaseMs: 1000, queue: 5 }

  test('that is granted after its response has left is released at once', async () => {
    const { at, ada } = await begun()
    const [first, second, third] = [await ada.arrive(), await ada.arrive(), await ada.arrive()]
    const gate = at.store.hold('give a lease')
    const holding = failureOf(() => first.hold(options))
    await gate.reached
    await commit(first)
    gate.open()
    expect(await holding).toBe('LOCK_BUSY')
    await second.hold(options)
    await commit(second)
    await third.hold(options)
    await commit(third)
    expect(leftOf(at)).toEqual({ records: 1, leases: 0, timers: 0 })
  })

  test('that is requested after its response has left is refused', async () => {
    const { at, ada } = await begun()
    const visit = await ada.arrive()
    await commit(visit)
    expect(await failureOf(() => visit.hold(options))).toBe('LOCK_BUSY')
    expect(leftOf(at)).toEqual({ records: 1, leases: 0, timers: 0 })
  })

  test('whose refresh of the session failed is released, and changes of the error handler are stored', async () => {
    const { at, ada } = await begun()
    const visit = await ada.arrive()
    at.store.fail('replace')
    expect(await failureOf(() => visit.hold(options))).toBe('STORE_FAILED')
    visit.session!['notice'] = 'Try again.'
    expect((await commit(visit)).error).toBeUndefined()
    await ada.request(session => expect(session['notice']).toBe('Try again.'))
    expect(leftOf(at)).toEqual({ records: 1, leases: 0, timers: 0 })
  })

  test('stops waiting when its response has left', async () => {
    const { at, ada } = await begun()
    const [first, second, third] = [await ada.arrive(), await ada.arrive(), await ada.arrive()]
    await first.hold({ ...options, leaseMs: 60_000 })
    const holding = failureOf(() => second.hold({ ...options, queue: 1 }))
    await settle()
    await commit(second)
    expect(await holding).toBe('LOCK_BUSY')
    const next = third.hold({ ...options, queue: 1 })
    await settle()
    await commit(first)
    await next
    await commit(third)
    expect(leftOf(at)).toEqual({ records: 1, leases: 0, timers: 0 })
  })

  test('stops asking for the lease of another process when its response has left', async () => {
    const { at, ada } = await begun()
    const elsewhere = stage({ clock: at.clock, store: at.store }).visitor(ada.cookie)
    const first = await elsewhere.arrive()
    await first.hold({ ...options, leaseMs: 60_000 })
    const second = await ada.arrive()
    const holding = failureOf(() => second.hold(options))
    await settle()
    await commit(second)
    at.clock.advance(100)
    expect(await holding).toBe('LOCK_BUSY')
    expect(timersOf(at)).toBe(1)
  })

  test('leaves no timer, even after a thousand', async () => {
    const { at, ada } = await begun({}, atOnce)
    for (let count = 0; count < 1000; count += 1) {
      const visit = await ada.arrive()
      await visit.hold(options)
      await visit.commit()
    }
    expect(leftOf(at)).toEqual({ records: 1, leases: 0, timers: 0 })
  })

  test.each(['regenerate', 'signIn', 'signOut'] as const)(
    'does not outlive its session: after %s the next session is stored, whatever the time',
    async method => {
      const { at, ada } = await begun()
      const visit = await ada.arrive()
      await visit.hold(options)
      if (method === 'signIn') await visit.session!.signIn('ada')
      else await visit.session![method]()
      visit.session!['views'] = 1
      await visit.session!.save()
      at.clock.advance(1001)
      visit.session!['views'] = 2
      const { error, setCookie } = await commit(visit)
      ada.keep(setCookie)
      expect(error).toBeUndefined()
      await ada.request(session => expect(session['views']).toBe(2))
      expect(leftOf(at)).toEqual({ records: 1, leases: 0, timers: 0 })
    },
  )

  test('whose release gets no answer lets the response leave at the deadline of the commit', async () => {
    const { at, ada } = await begun(deadline)
    const visit = await ada.arrive()
    await visit.hold({ ...options, leaseMs: 60_000 })
    at.store.next('end a lease', () => never)
    const ending = commit(visit)
    await settle()
    at.clock.advance(1000)
    expect((await ending).error).toBeUndefined()
  })

  test('does not delay a response again that has failed at the deadline, and ends its lease all the same', async () => {
    const { at, ada } = await begun(deadline)
    const [visit, next] = [await ada.arrive(), await ada.arrive()]
    await visit.hold({ ...options, leaseMs: 60_000 })
    at.store.next('replace', () => never)
    visit.session!['views'] = 1
    const ending = commit(visit)
    await settle()
    at.clock.advance(1000)
    expect((await ending).error).toBe('STORE_TIMED_OUT')
    await settle()
    await next.hold(options)
    await commit(next)
    expect(timersOf(at)).toBe(0)
  })

  test('fails at one deadline when the store answers neither the acquisition nor the release of its lease', async () => {
    const { at, ada } = await begun(deadline)
    const visit = await ada.arrive()
    at.store.next('give a lease', () => never)
    at.store.next('end a lease', () => never)
    const holding = failureOf(() => visit.hold({ ...options, leaseMs: 60_000 }))
    await settle()
    at.clock.advance(1000)
    expect(await holding).toBe('STORE_TIMED_OUT')
  })

  test('whose lease is stored without an answer does not make others wait for the end of the lease', async () => {
    const { at, ada } = await begun()
    const [visit, next] = [await ada.arrive(), await ada.arrive()]
    at.store.next('give a lease', async work => {
      await work()
      throw new Error('the answer is lost')
    })
    expect(await failureOf(() => visit.hold({ ...options, leaseMs: 60_000 }))).toBe('STORE_FAILED')
    await commit(visit)
    await next.hold(options)
    await commit(next)
    expect(leftOf(at)).toEqual({ records: 1, leases: 0, timers: 0 })
  })

  test('of a destroyed session is released by the commit', async () => {
    const { at, ada } = await begun()
    const visit = await ada.arrive()
    await visit.hold(options)
    await visit.session!.destroy()
    await commit(visit)
    expect(leftOf(at)).toEqual({ records: 0, leases: 0, timers: 0 })
  })

  test('that has lasted too long refuses the writes of its own session, even under a rotated id', async () => {
    const { at, ada } = await begun()
    const visit = await ada.arrive()
    await visit.hold(options)
    await visit.session!.rotate()
    at.clock.advance(1001)
    visit.session!['views'] = 1
    expect((await commit(visit)).error).toBe('LOCK_LOST')
  })
})

function leftOf(at: Stage) {
  return { records: at.store.records().length, leases: at.store.leases.size, timers: timersOf(at) }
}

async function begun(options: Parameters<typeof stage>[0] = {}, traits = later) {
  const at = stage(options, traits)
  const ada = await known(at)
  at.store.forgetCalls()
  return { at, ada }
}

/** How many timers are waiting. */
function timersOf({ clock }: Stage): number {
  return clock.waiting
}

/** What some query builders answer: it has `then`, is no promise, and does its work when `then` is called. */
function thenable<Value>(work: () => Value): Promise<Value> {
  const lazy = {
    then: (done: (value: Value) => void, fail: (error: unknown) => void) => {
      queueMicrotask(() => {
        try {
          done(work())
        } catch (error) {
          fail(error)
        }
      })
    },
  }
  return lazy as unknown as Promise<Value>
}
