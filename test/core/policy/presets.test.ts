import { describe, expect, test } from 'vitest'
import { resolveOptions } from '../../../src/core/policy/options.ts'
import { type PresetName, presetNames, presets } from '../../../src/core/policy/presets.ts'
import { Timeouts } from '../../../src/core/policy/timeouts.ts'
import { hour, minute, secret } from '../stage.ts'

const day = 24 * hour
const begunAt = Date.UTC(2030, 0, 1)
/** NIST SP 800-63B-4: how long a session may be idle, and how long it may live. The first level has no idle limit. */
const figures: readonly (readonly [PresetName, restMs: number, lifeMs: number])[] = [
  ['nist-aal1', 30 * day, 30 * day],
  ['nist-aal2', hour, day],
  ['nist-aal3', 15 * minute, 12 * hour],
]

test('there is a preset for each level, and no other preset', () => {
  expect(Object.keys(presets)).toEqual(figures.map(([name]) => name))
  expect(presetNames).toEqual(Object.keys(presets))
})

describe.each(figures)('%s', (preset, restMs, lifeMs) => {
  test.each([null, 1000, 10 * minute, hour, day, 400 * day])(
    'no session is idle or lives longer than NIST allows, with a cookie of %s',
    maxAge => {
      const timeouts = timeoutsOf(preset)
      for (let usedAt = begunAt; usedAt < begunAt + lifeMs + day; usedAt += lifeMs / 48) {
        const { expiresAt } = timeouts.activity(usedAt, { createdAt: begunAt }, maxAge)
        expect(expiresAt - usedAt).toBeLessThanOrEqual(restMs)
        expect(expiresAt - begunAt).toBeLessThanOrEqual(lifeMs)
      }
    },
  )

  test('a session expires at the exact millisecond at which NIST ends it, whatever the store answers', () => {
    const touchedAt = begunAt + lifeMs - minute
    const record = { touchedAt, createdAt: begunAt, expiresAt: Number.POSITIVE_INFINITY }
    expect(timeoutsOf(preset).isOver(begunAt + lifeMs - 1, record)).toBe(false)
    expect(timeoutsOf(preset).isOver(begunAt + lifeMs, record)).toBe(true)
  })
})

test.each([
  ['nist-aal2', hour],
  ['nist-aal3', 15 * minute],
] as const)('%s uses the whole span that NIST allows', (preset, restMs) => {
  expect(timeoutsOf(preset).activity(begunAt, { createdAt: begunAt }, null).expiresAt).toBe(begunAt + restMs)
})

test('an option beside a preset overrides the preset', () => {
  const { idleMs, absoluteMs, touchEveryMs } = resolveOptions({
    ...{ secret, preset: 'nist-aal2', idle: '5m', absolute: '1h', touchEvery: '10s' },
  })
  expect([idleMs, absoluteMs, touchEveryMs]).toEqual([5 * minute, hour, 10_000])
  expect(resolveOptions({ secret, preset: 'nist-aal2', idle: '5m' }).absoluteMs).toBe(day)
})

function timeoutsOf(preset: PresetName): Timeouts {
  return new Timeouts(resolveOptions({ secret, preset }), {})
}
