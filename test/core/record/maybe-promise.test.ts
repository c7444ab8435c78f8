import { describe, expect, test } from 'vitest'
import { attempt, chain } from '../../../src/core/record/maybe-promise.ts'

describe('continuing with a value or a promise', () => {
  test('a value is passed on at once', () => {
    expect(chain(2, value => value + 1)).toBe(3)
  })

  test('a promised value is passed on when it arrives', async () => {
    const promised = chain(Promise.resolve(2), value => value + 1)
    expect(promised).toBeInstanceOf(Promise)
    expect(await promised).toBe(3)
  })

  test('work that succeeds is not changed, whether it answers now or later', async () => {
    const onFailure = (): number => 0
    expect(attempt(() => 1, onFailure)).toBe(1)
    expect(await attempt(() => Promise.resolve(1), onFailure)).toBe(1)
  })

  test('a throw and a rejection reach the same handler', async () => {
    const failure = new Error('broken')
    const seen: unknown[] = []
    const note = (error: unknown): string => {
      seen.push(error)
      return 'handled'
    }
    const thrown = attempt<string>(() => {
      throw failure
    }, note)
    expect(thrown).toBe('handled')
    expect(await attempt<string>(() => Promise.reject(failure), note)).toBe('handled')
    expect(seen).toEqual([failure, failure])
  })

  test('an error that the handler throws is thrown on', async () => {
    const rethrow = (error: unknown): never => {
      throw error
    }
    expect(() =>
      attempt(() => {
        throw new Error('broken')
      }, rethrow),
    ).toThrow('broken')
    await expect(attempt(() => Promise.reject(new Error('later')), rethrow)).rejects.toThrow('later')
  })
})
