import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { askStore, Limit } from '../../../src/core/record/deadline.ts'
import type { StoreCall } from '../../../src/core/record/store.ts'
import { SojournError } from '../../../src/core/report/errors.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'
import { settle } from '../stage.ts'

const broken = new Error('connection refused')

describe('a store call of several steps', () => {
  /** Calls a store that waits at a gate in the middle of its verb. */
  function waiting() {
    const { clock, call } = asked()
    const gate = gated<void>()
    const steps: string[] = []
    const asking = askStore(call, async present => {
      await gate.promise
      present.throwIfOver()
      steps.push('second step')
      await Promise.resolve()
      present.throwIfOver()
      return steps.push('third step')
    })
    return { clock, open: () => gate.resolve(), steps, asking: Promise.resolve(asking) }
  }

  test('takes the next step while its caller waits', async () => {
    const { open, steps, asking } = waiting()
    open()
    expect(await asking).toBe(2)
    expect(steps).toEqual(['second step', 'third step'])
  })

  test('takes no further step after its caller has hit the deadline', async () => {
    const { clock, open, steps, asking } = waiting()
    const failing = expect(asking).rejects.toMatchObject({ code: 'STORE_TIMED_OUT' })
    clock.advance(1e9)
    await failing
    open()
    await settle()
    expect(steps).toEqual([])
  })

  test('knows its own caller, even when others call meanwhile', async () => {
    const [late, inTime] = [waiting(), waiting()]
    late.clock.advance(1e9)
    await expect(late.asking).rejects.toMatchObject({ code: 'STORE_TIMED_OUT' })
    late.open()
    inTime.open()
    expect(await inTime.asking).toBe(2)
    expect(late.steps).toEqual([])
  })

  test('has a deadline, and a signal that aborts when the caller stops waiting', async () => {
    const { clock, call } = asked()
    let present: StoreCall | undefined
    const asking = askStore(call, each => {
      present = each
      return new Promise<never>(() => undefined)
    })
    const { signal } = present!
    expect(present!.deadline).toBe(clock.now() + call.limit.spanMs)
    expect(signal.aborted).toBe(false)
    clock.advance(1e9)
    await expect(asking).rejects.toMatchObject({ code: 'STORE_TIMED_OUT' })
    expect(signal.reason).toMatchObject({ code: 'STORE_TIMED_OUT' })
  })

  test('has a signal that is aborted already when the store looks at it too late', async () => {
    const { clock, call } = asked()
    let present: StoreCall | undefined
    const asking = askStore(call, each => {
      present = each
      return new Promise<never>(() => undefined)
    })
    clock.advance(1e9)
    await expect(asking).rejects.toMatchObject({ code: 'STORE_TIMED_OUT' })
    expect(present!.signal.aborted).toBe(true)
  })
})

describe('calling a store', () => {
  test('an immediate answer needs no timer', () => {
    const { clock, call } = asked()
    expect(askStore(call, () => 'record')).toBe('record')
    expect(askStore(call, () => undefined)).toBeUndefined()
    expect(clock.waiting).toBe(0)
  })

  test('a promised answer arrives, and its timer is cancelled', async () => {
    const { clock, call } = asked()
    const { promise, resolve } = gated<string>()
    const asking = askStore(call, () => promise)
    expect(clock.waiting).toBe(1)
    resolve('record')
    expect(await asking).toBe('record')
    await settle()
    expect(clock.waiting).toBe(0)
  })

  test('a throw is a failure with the store, the verb and the cause', () => {
    const { call } = asked()
    const asking = (): unknown =>
      askStore(call, () => {
        throw broken
      })
    expect(asking).toThrow(expect.objectContaining({ code: 'STORE_FAILED', status: 503, cause: broken }))
    expect(asking).toThrow('Expected the redis store to replace a session, but it failed.')
  })

  test('a rejection is the same failure, and its timer is cancelled', async () => {
    const { clock, call } = asked()
    const asking = askStore(call, () => Promise.reject(broken))
    await expect(asking).rejects.toMatchObject({ code: 'STORE_FAILED', cause: broken })
    await settle()
    expect(clock.waiting).toBe(0)
  })

  test("the store's own message is only in the cause", async () => {
    const { call } = asked()
    const telling = new Error('redis://user:password@host')
    const asking = askStore(call, () => Promise.reject(telling))
    await expect(asking).rejects.not.toMatchObject({ message: expect.stringContaining('password') })
  })

  test('a store that throws something other than an error fails, too', async () => {
    const { call } = asked()
    await expect(askStore(call, () => Promise.reject(undefined))).rejects.toMatchObject({
      code: 'STORE_FAILED',
    })
  })

  test("Sojourn's own error is passed on as it is", async () => {
    const { call } = asked()
    const own = new SojournError('RECORD_CORRUPT', 'The record is corrupt.')
    await expect(askStore(call, () => Promise.reject(own))).rejects.toBe(own)
  })
})

describe('the deadline', () => {
  test('no answer in time is a failure at the exact deadline, and not before', async () => {
    const { clock, call } = asked()
    const seen: unknown[] = []
    const asking = askStore(call, () => gated<string>().promise)
    Promise.resolve(asking).catch(error => seen.push(error))
    clock.advance(4999)
    await settle()
    expect(seen).toEqual([])
    clock.advance(1)
    await settle()
    expect(seen).toEqual([expect.objectContaining({ code: 'STORE_TIMED_OUT', status: 503 })])
    expect(String(seen[0])).toContain('the redis store to replace a session within 5000 ms')
    expect(clock.waiting).toBe(0)
  })

  test('a late answer is ignored', async () => {
    const { clock, call } = asked()
    const { promise, resolve } = gated<string>()
    const asking = askStore(call, () => promise)
    clock.advance(5000)
    resolve('late')
    await expect(asking).rejects.toMatchObject({ code: 'STORE_TIMED_OUT' })
  })

  test('a late failure is ignored, and is no unhandled rejection', async () => {
    const { clock, call } = asked()
    const { promise, reject } = gated<string>()
    const asking = askStore(call, () => promise)
    clock.advance(5000)
    await expect(asking).rejects.toMatchObject({ code: 'STORE_TIMED_OUT' })
    reject(broken)
    await settle()
  })

  test('any thenable counts as a promise', async () => {
    const { clock, call } = asked()
    const foreign = runInNewContext('Promise.resolve("record")') as Promise<string>
    expect(foreign).not.toBeInstanceOf(Promise)
    expect(await askStore(call, () => foreign)).toBe('record')
    const hung = { then: () => undefined } as unknown as Promise<string>
    const asking = askStore(call, () => hung)
    clock.advance(5000)
    await expect(asking).rejects.toMatchObject({ code: 'STORE_TIMED_OUT' })
  })
})

function asked(): {
  readonly clock: ReturnType<typeof fakeClock>
  readonly call: Parameters<typeof askStore>[0]
} {
  const clock = fakeClock()
  return { clock, call: { store: 'redis', verb: 'replace', limit: new Limit({ clock, spanMs: 5000 }) } }
}

function gated<Value>(): {
  readonly promise: Promise<Value>
  resolve(value: Value): void
  reject(error: Error): void
} {
  let resolve: (value: Value) => void = () => undefined
  let reject: (error: Error) => void = () => undefined
  const promise = new Promise<Value>((onValue, onError) => {
    resolve = onValue
    reject = onError
  })
  return { promise, resolve: value => resolve(value), reject: error => reject(error) }
}
