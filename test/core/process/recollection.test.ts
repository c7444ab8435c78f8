import { describe, expect, test } from 'vitest'
import { Recollection } from '../../../src/core/process/recollection.ts'
import type { SessionRecord } from '../../../src/core/record/store.ts'

describe('what a process remembers of a session that the store does not have', () => {
  test('a session that it does not remember is missing', () => {
    const recollection = new Recollection()
    for (const key of ['ada', '', '__proto__', 'toString']) {
      expect(recollection.outcomeOf(key, 1000)).toBe('missing')
    }
  })

  test('a session is expired from the exact millisecond of its end', () => {
    const recollection = new Recollection()
    recollection.noteLife(life('ada', 1000))
    expect(outcomes(recollection, [999, 1000, 1001])).toEqual(['missing', 'expired', 'expired'])
  })

  test('a session that has ended is revoked, whatever the time', () => {
    const recollection = new Recollection()
    recollection.noteLife(life('ada', 1000))
    recollection.noteEnd('ada')
    expect(outcomes(recollection, [0, 1000, 5000])).toEqual(['revoked', 'revoked', 'revoked'])
  })

  test('it remembers the end of a session that it has never seen alive', () => {
    const recollection = new Recollection()
    recollection.noteEnd('ada')
    expect(recollection.outcomeOf('ada', 1000)).toBe('revoked')
    expect(recollection.outcomeOf('bob', 1000)).toBe('missing')
  })

  test('the latest life counts', () => {
    const recollection = new Recollection()
    recollection.noteLife(life('ada', 1000))
    recollection.noteLife(life('ada', 2000))
    expect(outcomes(recollection, [1000, 2000])).toEqual(['missing', 'expired'])
  })

  test('it forgets the oldest sessions, and keeps the latest five thousand', () => {
    const recollection = new Recollection()
    for (let index = 0; index < 20_000; index += 1) recollection.noteEnd(`${index}`)
    const known = Array.from({ length: 20_000 }, (_, index) => recollection.outcomeOf(`${index}`, 0))
    expect(known[0]).toBe('missing')
    expect(known.slice(-5000)).toEqual(Array.from({ length: 5000 }, () => 'revoked'))
    expect(known.filter(outcome => outcome === 'revoked').length).toBeLessThanOrEqual(10_000)
  })
})

function outcomes(recollection: Recollection, instants: readonly number[]): string[] {
  return instants.map(now => recollection.outcomeOf('ada', now))
}

function life(key: string, expiresAt: number): SessionRecord<unknown> {
  return {
    ...{ key, version: 1, createdAt: 0, touchedAt: 0, expiresAt, device: undefined, subject: undefined },
    ...{ authenticatedAt: undefined, epoch: 0, rotation: undefined, data: '{}' },
  }
}
