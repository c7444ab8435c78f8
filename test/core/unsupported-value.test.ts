import { describe, expect, test } from 'vitest'
import { findUnsupported, type Inside, stepTo, type Verdict } from '../../src/core/unsupported-value.ts'
import { cycle, nested } from './stored-values.ts'

const bounds = { allowsCycles: false, mostLevels: 500 }

test('the first value in the order of the names is found, and no other is looked at', () => {
  const judged: unknown[] = []
  const judge = (value: unknown): Verdict => {
    judged.push(value)
    return noBigInt(value)
  }
  const found = findUnsupported(inside({ a: 1, b: { c: 2n, d: 3n } }, judge), bounds)
  expect(found).toEqual({ path: '.b.c', kind: 'a BigInt', level: 1, value: 2n })
  expect(judged).not.toContain(3n)
})

test('where everything can be held, nothing is found', () => {
  expect(findUnsupported(inside({ a: 1, b: { c: [2] } }), bounds)).toBeUndefined()
  expect(findUnsupported(inside({}), bounds)).toBeUndefined()
})

test('an object that stands in two places is no cycle', () => {
  const shared = { a: {} }
  expect(findUnsupported(inside({ one: shared, other: [shared, shared.a] }), bounds)).toBeUndefined()
})

test('a cycle is found where it closes, unless cycles can be held', () => {
  const session = inside({ user: { friends: cycle() } })
  expect(findUnsupported(session, bounds)).toMatchObject({ path: '.user.friends.self', kind: 'a cycle' })
  expect(findUnsupported(session, { ...bounds, allowsCycles: true })).toBeUndefined()
})

test('the session is never held within itself', () => {
  const values: { a: number; all?: unknown } = { a: 1 }
  values.all = { of: values }
  const found = findUnsupported({ ...inside(values), session: values }, { ...bounds, allowsCycles: true })
  expect(found).toMatchObject({ path: '.all.of', kind: 'the session itself' })
})

test('what throws when it is read is found like anything else', () => {
  const judge = (value: unknown): Verdict => {
    if (value === 'bad') throw new Error('hunter2')
    return typeof value === 'object' && value !== null ? inside(value, judge) : undefined
  }
  const found = findUnsupported(inside({ a: { b: 'bad' } }, judge), bounds)
  expect(found).toMatchObject({ path: '.a.b', kind: 'an object that throws when it is read' })
})

describe('bounds', () => {
  test('as many levels as allowed are held, and one more is found', () => {
    expect(findUnsupported(inside({ a: nested(500) }), bounds)).toBeUndefined()
    expect(findUnsupported(inside({ a: nested(501) }), bounds)).toMatchObject({
      kind: 'an object more than 500 levels deep',
    })
  })

  test('neither 100,000 levels nor a million values end the stack', () => {
    const deep = findUnsupported(inside({ a: nested(100_000) }), { ...bounds, mostLevels: 1_000_000 })
    expect(deep).toBeUndefined()
    const wide = Array.from({ length: 1_000_000 }, (_, place) => place)
    expect(findUnsupported(inside({ wide, last: 1n }), bounds)).toMatchObject({ path: '.last' })
  })

  test('an object that is shared many times over is looked at once', () => {
    let value: unknown = 1
    for (let level = 0; level < 60; level += 1) value = [value, value]
    expect(findUnsupported(inside({ value }), bounds)).toBeUndefined()
  })

  test('a long path is told by its two ends', () => {
    const found = findUnsupported(inside({ first: nested(501) }), bounds)
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

function inside(value: object, judge: Inside['judge'] = noBigInt): Inside {
  const names = Object.keys(value)
  return { values: Object.values(value), step: place => stepTo(names[place]!), judge }
}

function noBigInt(value: unknown): Verdict {
  if (typeof value === 'bigint') return 'a BigInt'
  return typeof value === 'object' && value !== null ? inside(value) : undefined
}
