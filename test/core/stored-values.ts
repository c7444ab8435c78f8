import fc, { type Arbitrary } from 'fast-check'
import { isReserved, type SessionValues } from '../../src/core/data/codec.ts'
import { SojournError } from '../../src/core/report/errors.ts'

/** Few enough for every run of the suite. A red run prints its seed. */
export const someRuns = { numRuns: 300 }

const name = fc.string({ maxLength: 6 })
// Invalid dates never compare as equal.
const aDate = fc.date({ noInvalidDate: true })

/** Values of every kind, including those that no codec holds. */
export const anyValues: Arbitrary<SessionValues> = sessionOf(
  fc.anything({
    key: fc.oneof(name, fc.constantFrom('__proto__', 'constructor', 'toJSON', 'then', 'length')),
    values: [
      ...[fc.integer(), fc.double(), fc.string(), fc.boolean(), fc.bigInt(), fc.constant(undefined), aDate],
      fc.constantFrom<unknown>(null, Symbol('s'), () => 1, new Error('x'), new (class Order {})()),
    ],
    ...everyKind(),
  }),
)

/** Values that the structured codec holds. */
export const structuredValues: Arbitrary<SessionValues> = sessionOf(
  fc.anything({
    key: name.filter(text => text !== '__proto__'),
    values: [
      ...[fc.integer(), fc.double(), fc.string(), fc.boolean(), fc.bigInt(), fc.constant(undefined), aDate],
      fc.constantFrom<unknown>(null, /a+<b/gi),
    ],
    ...everyKind(),
  }),
)

/** Values that JSON holds. */
export const jsonValues: Arbitrary<SessionValues> = sessionOf(
  fc.anything({
    key: name.filter(text => text !== '__proto__'),
    values: [fc.integer(), fc.double().map(finite), fc.string(), fc.boolean(), fc.constant(null)],
  }),
)

/** The message of a `VALUE_UNSUPPORTED` error; undefined when the work succeeds. Any other error is thrown on. */
export function refusalOf(work: () => unknown): string | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    if (error instanceof SojournError && error.code === 'VALUE_UNSUPPORTED') return error.message
    throw error
  }
}

/** Objects nested this many levels deep. */
export function nested(levels: number): object {
  let value: object = {}
  for (let level = 1; level < levels; level += 1) value = { a: value }
  return value
}

export function cycle(): object {
  const value: { self?: unknown } = {}
  value.self = value
  return value
}

function sessionOf(value: Arbitrary<unknown>): Arbitrary<SessionValues> {
  const free = name.filter(text => !isReserved(text) && text !== '__proto__')
  return fc.dictionary(free, value, { noNullPrototype: true, maxKeys: 4 })
}

function everyKind() {
  return {
    withBigInt: true,
    withBoxedValues: true,
    withMap: true,
    withSet: true,
    withNullPrototype: true,
    withSparseArray: true,
    withTypedArray: true,
  }
}

function finite(value: number): number {
  return Number.isFinite(value) && !Object.is(value, -0) ? value : 0
}
