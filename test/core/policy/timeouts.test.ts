import { describe, expect, test } from 'vitest'
import type { Policy } from '../../../src/core/policy/options.ts'
import { Timeouts } from '../../../src/core/policy/timeouts.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour
const begunAt = Date.UTC(2030, 0, 1)

describe('the idle timeout', () => {
  test.each([
    ['a day where nothing is said', {}, null, day],
    ["the cookie's lifetime", {}, hour, hour],
    ['the one that was set', { idleMs: 20 * minute }, null, 20 * minute],
    ['the one that was set, where the cookie lives longer', { idleMs: 20 * minute }, hour, 20 * minute],
    ["the cookie's lifetime, where it is shorter", { idleMs: 20 * minute }, minute, minute],
    ['a day for a lifetime that is no number', {}, Number.NaN, day],
    ['nothing for a cookie that is over', {}, 0, 0],
  ])('it is %s', (_kind, policy, maxAge, idleMs) => {
    expect(timeouts(policy).idleMs(maxAge)).toBe(idleMs)
  })

  test('a session ends no earlier than promised, and at most one interval later', () => {
    const { expiresAt } = timeouts({ idleMs: 20 * minute }).activity(begunAt, { createdAt: begunAt }, null)
    expect(expiresAt).toBe(begunAt + 20 * minute + minute)
    const often = timeouts({ idleMs: 20 * minute, touchEveryMs: 5 * second })
    expect(often.activity(begunAt, { createdAt: begunAt }, null).expiresAt).toBe(
      begunAt + 20 * minute + 5 * second,
    )
    const always = timeouts({ idleMs: 20 * minute, touchEveryMs: 0 })
    expect(always.activity(begunAt, { createdAt: begunAt }, null).expiresAt).toBe(begunAt + 20 * minute)
  })

  test('activity just before the next recording still gives the whole idle time', () => {
    const each = timeouts({ idleMs: 20 * minute })
    const times = each.activity(begunAt, { createdAt: begunAt }, null)
    const last = begunAt + each.touchEveryMs(null) - 1
    expect(each.isTouchDue(last, times, null)).toBe(false)
    expect(times.expiresAt).toBeGreaterThan(last + 20 * minute)
  })

  test('a session whose cookie expires at once expires at once', () => {
    expect(timeouts({}).activity(begunAt, { createdAt: begunAt }, 0)).toEqual({
      touchedAt: begunAt,
      expiresAt: begunAt,
    })
    expect(timeouts({}).activity(begunAt, { createdAt: begunAt }, -5).expiresAt).toBeLessThanOrEqual(begunAt)
  })
})

describe('the absolute timeout', () => {
  test('no activity extends it', () => {
    const each = timeouts({ idleMs: hour, absoluteMs: 8 * hour })
    expect(each.activity(begunAt + 6 * hour, { createdAt: begunAt }, null).expiresAt).toBe(
      begunAt + 7 * hour + minute,
    )
    for (const now of [7.5 * hour, 8 * hour - 1, 8 * hour, 9 * hour]) {
      expect(each.activity(begunAt + now, { createdAt: begunAt }, null).expiresAt).toBe(begunAt + 8 * hour)
    }
  })

  test('it is exact, whatever the store has answered', () => {
    const each = timeouts({ absoluteMs: 8 * hour })
    const record = { touchedAt: begunAt, expiresAt: Number.POSITIVE_INFINITY, createdAt: begunAt }
    expect(each.isOver(begunAt + 8 * hour - 1, record)).toBe(false)
    expect(each.isOver(begunAt + 8 * hour, record)).toBe(true)
  })
})

describe('whether a record has expired', () => {
  test('it expires at the exact instant in `expiresAt`', () => {
    const record = { touchedAt: begunAt, expiresAt: begunAt + hour, createdAt: begunAt }
    expect(timeouts({}).isOver(begunAt + hour - 1, record)).toBe(false)
    expect(timeouts({}).isOver(begunAt + hour, record)).toBe(true)
    expect(timeouts({}).isOver(begunAt + hour + 1, record)).toBe(true)
  })
})

describe('the last activity', () => {
  const endless = { createdAt: begunAt, touchedAt: begunAt, expiresAt: Number.POSITIVE_INFINITY }

  test.each([
    ['an `idle` that was set', { idleMs: 20 * minute }, undefined, 21 * minute],
    ['the lifetime that was read, where no `idle` is set', {}, hour, hour + minute],
    ['a day for a cookie that ends with the browser', {}, null, day + minute],
    ['the longest lifetime, where nobody has read it', {}, undefined, 400 * day + minute],
  ])('is at most this long ago: %s', (_kind, policy, maxAge, restMs) => {
    for (const expiresAt of [Number.POSITIVE_INFINITY, Number.NaN, undefined as never]) {
      const record = { ...endless, expiresAt }
      expect(timeouts(policy).isOver(begunAt + restMs - 1, record, maxAge)).toBe(false)
      expect(timeouts(policy).isOver(begunAt + restMs, record, maxAge)).toBe(true)
    }
  })

  test('is known only to the store, when that keeps sessions for other software', () => {
    const policy = { idleMs: undefined, absoluteMs: Number.POSITIVE_INFINITY, touchEveryMs: undefined }
    const blind = new Timeouts(policy, { keepsSessions: true })
    expect(blind.isOver(begunAt, { ...endless, touchedAt: 0 }, hour)).toBe(false)
    expect(blind.isTouchDue(begunAt, { ...endless, touchedAt: begunAt + day }, hour)).toBe(true)
  })

  test('counts as too long ago when the store does not answer it', () => {
    expect(timeouts({}).isOver(begunAt, { ...endless, touchedAt: undefined as never })).toBe(true)
  })
})

describe('recording activity', () => {
  const record = { touchedAt: begunAt, expiresAt: begunAt + day + minute }

  test.each([
    ['once a minute', {}, null, minute],
    ['once a minute for a long idle timeout', { idleMs: 20 * minute }, null, minute],
    ['ten times within a short idle timeout', { idleMs: 30 * second }, null, 3 * second],
    ['ten times within a short lifetime', {}, 10 * second, second],
    ['as often as was set', { touchEveryMs: 5 * minute }, null, 5 * minute],
    ['always, when that was set', { touchEveryMs: 0 }, null, 0],
  ])('it happens %s', (_kind, policy, maxAge, touchEveryMs) => {
    expect(timeouts(policy).touchEveryMs(maxAge)).toBe(touchEveryMs)
  })

  test('it is due when the interval has passed, and not before', () => {
    const each = timeouts({ touchEveryMs: minute })
    expect(each.isTouchDue(begunAt + minute - 1, record, null)).toBe(false)
    expect(each.isTouchDue(begunAt + minute, record, null)).toBe(true)
  })

  test('a store that records every touch gets each one, unless an interval is set', () => {
    const policy = { idleMs: undefined, absoluteMs: Number.POSITIVE_INFINITY, touchEveryMs: undefined }
    expect(new Timeouts(policy, { touchesAlways: true }).isTouchDue(begunAt, record, null)).toBe(true)
    expect(
      new Timeouts({ ...policy, touchEveryMs: minute }, { touchesAlways: true }).touchEveryMs(null),
    ).toBe(minute)
  })
})

function timeouts(policy: Partial<Policy>): Timeouts {
  const none = { idleMs: undefined, absoluteMs: Number.POSITIVE_INFINITY, touchEveryMs: undefined }
  return new Timeouts({ ...none, ...policy }, {})
}
