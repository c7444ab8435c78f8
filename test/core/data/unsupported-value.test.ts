import { describe, expect, test } from 'vitest'
import {
  findUnsupported,
  insideObject,
  stepTo,
  type ValueRules,
  type Verdict,
} from '../../../src/core/data/unsupported-value.ts'
import { cycle, nested } from '../stored-values.ts'

const rules: ValueRules = { holder: 'the codec', allowsCycles: false, mostLevels: 500, judge: noBigInt }

test('finds the first value in the order of the names, and reads no other', () => {
  const judged: unknown[] = []
  const judge = (value: unknown): Verdict => {
    judged.push(value)
    return noBigInt(value)
  }
  const found = findUnsupported({ a: 1, b: { c: 2n, d: 3n } }, { ...rules, judge })
  expect(found).toEqual({ path: '.b.c', kind: 'a BigInt', level: 1, value: 2n })
  expect(judged).not.toContain(3n)
})

test('finds nothing when every value is supported', () => {
  expect(findUnsupported({ a: 1, b: { c: [2] } }, rules)).toBeUndefined()
  expect(findUnsupported({}, rules)).toBeUndefined()
})

test('an object in two places is no cycle', () => {
  const shared = { a: {} }
  expect(findUnsupported({ one: shared, other: [shared, shared.a] }, rules)).toBeUndefined()
})

test('finds a cycle where it closes, unless cycles are supported', () => {
  const session = { user: { friends: cycle() } }
  expect(findUnsupported(session, rules)).toMatchObject({ path: '.user.friends.self', kind: 'a cycle' })
  expect(findUnsupported(session, { ...rules, allowsCycles: true })).toBeUndefined()
})

test('never supports the session within itself', () => {
  const values: { a: number; all?: unknown } = { a: 1 }
  values.all = { of: values }
  const found = findUnsupported(values, { ...rules, allowsCycles: true })
  expect(found).toMatchObject({ path: '.all.of', kind: 'the session itself' })
})

test('finds a property that throws when it is read', () => {
  const judge = (value: unknown): Verdict => {
    if (value === 'bad') throw new Error('hunter2')
    return noBigInt(value)
  }
  const found = findUnsupported({ a: { b: 'bad' } }, { ...rules, judge })
  expect(found).toMatchObject({ path: '.a.b', kind: 'an object that throws when it is read' })
})

describe('bounds', () => {
  test('as many levels as allowed are supported, and one more is found', () => {
    expect(findUnsupported({ a: nested(500) }, rules)).toBeUndefined()
    expect(findUnsupported({ a: nested(501) }, rules)).toMatchObject({
      kind: 'an object more than 500 levels deep',
    })
  })

  test('neither 100,000 levels nor a million values overflow the stack', () => {
    const deep = findUnsupported({ a: nested(100_000) }, { ...rules, mostLevels: 1_000_000 })
    expect(deep).toBeUndefined()
    const wide = Array.from({ length: 1_000_000 }, (_, place) => place)
    expect(findUnsupported({ wide, last: 1n }, rules)).toMatchObject({ path: '.last' })
  })

  test('a widely shared object is visited once', () => {
    let value: unknown = 1
    for (let level = 0; level < 60; level += 1) value = [value, value]
    expect(findUnsupported({ value }, rules)).toBeUndefined()
  })

  test('a long path is shown by its two ends', () => {
    const found = findUnsupported({ first: nested(501) }, rules)
    expect(found?.path).toMatch(/^\.first(\.a){9}…(\.a){10}$/)
  })
})

test.each([
  ['cart', '.cart'],
  ['$_a1', '.$_a1'],
  ['größe', '.größe'],
  ['a b', '["a b"]'],
  ['1', '["1"]'],
  ['', '[""]'],
  ['a\nb"', String.raw`["a\nb\""]`],
  ['x'.repeat(41), `["${'x'.repeat(40)}…"]`],
])('the name %j is %s in a path', (name, step) => {
  expect(stepTo(name)).toBe(step)
})

function noBigInt(value: unknown): Verdict {
  if (typeof value === 'bigint') return 'a BigInt'
  return typeof value === 'object' && value !== null ? insideObject(value) : undefined
}
