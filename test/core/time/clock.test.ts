import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { systemClock } from '../../../src/core/time/clock.ts'

/** The longest span that a timer of Node can wait. A longer one fires after a millisecond. */
const longestTimerMs = 2 ** 31 - 1

describe('the clock of the machine', () => {
  test('it shows the time of the machine', () => {
    const before = Date.now()
    expect(systemClock.now()).toBeGreaterThanOrEqual(before)
    expect(systemClock.now()).toBeLessThanOrEqual(Date.now())
  })

  test('it uses timers that a test has replaced, even after the library was loaded', () => {
    vi.useFakeTimers({ now: 0, toFake: ['Date'] })
    onTestFinished(() => void vi.useRealTimers())
    vi.setSystemTime(7_000)
    expect(systemClock.now()).toBe(7_000)
  })

  test('it calls back after the span, and not after it was cancelled', () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const seen: string[] = []
    systemClock.after(1000, () => seen.push('kept'))
    const cancel = systemClock.after(1000, () => seen.push('cancelled'))
    vi.advanceTimersByTime(999)
    expect(seen).toEqual([])
    cancel()
    vi.advanceTimersByTime(1)
    expect(seen).toEqual(['kept'])
  })

  test('a waiting timer does not keep the process alive', () => {
    const timers = vi.spyOn(globalThis, 'setTimeout')
    onTestFinished(() => timers.mockRestore())
    const cancel = systemClock.after(60_000, () => undefined)
    const timer = timers.mock.results[0]?.value as NodeJS.Timeout
    expect(timer.hasRef()).toBe(false)
    cancel()
  })

  test('a span too long for a timer does not end at once', () => {
    const timers = vi.spyOn(globalThis, 'setTimeout')
    onTestFinished(() => timers.mockRestore())
    const cancel = systemClock.after(30 * 86_400_000, () => undefined)
    cancel()
    expect(timers.mock.calls[0]?.[1]).toBeLessThanOrEqual(longestTimerMs)
  })
})
