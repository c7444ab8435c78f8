import { describe, expect, test } from 'vitest'
import { RecentMap } from '../../../src/core/process/recent-map.ts'

describe('a recent map', () => {
  test('finds what was added, and nothing else', () => {
    const recent = new RecentMap<number>(3)
    recent.set('a', 1)
    recent.set('__proto__', 2)
    expect([recent.get('a'), recent.get('__proto__'), recent.get('b')]).toEqual([1, 2, undefined])
  })

  test('holds at most twice its size, whatever is added', () => {
    const recent = new RecentMap<number>(10)
    for (let index = 0; index < 1000; index += 1) recent.set(`${index}`, index)
    const known = Array.from({ length: 1000 }, (_value, index) => recent.get(`${index}`))
    expect(known.filter(value => value !== undefined).length).toBeLessThanOrEqual(20)
    expect(recent.get('999')).toBe(999)
  })

  test('keeps the entries that are read again and again', () => {
    const recent = new RecentMap<number>(10)
    recent.set('kept', 1)
    for (let index = 0; index < 1000; index += 1) {
      recent.set(`${index}`, index)
      expect(recent.get('kept')).toBe(1)
    }
  })

  test('clearing forgets both generations', () => {
    const recent = new RecentMap<number>(1)
    recent.set('old', 1)
    recent.set('young', 2)
    recent.clear()
    expect([recent.get('old'), recent.get('young')]).toEqual([undefined, undefined])
  })
})
