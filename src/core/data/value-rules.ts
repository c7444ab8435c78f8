import { types } from 'node:util'
import { type Inside, insideObject, type ValueRules, type Verdict } from './unsupported-value.ts'

// The structured codec is recursive, and the stack has room for about 1,700 levels.
const mostLevels = 500

/** The values that a JSON round trip does not change. A property that is `undefined` disappears, which reads the same. */
export const strictJsonRules: ValueRules = {
  holder: 'JSON',
  allowsCycles: false,
  mostLevels,
  judge: judgeForJson,
}

/** The values that `JSON.stringify` accepts, even if it changes them. Its stack has room for about 4,000 levels. */
export const lenientJsonRules: ValueRules = {
  holder: 'JSON',
  allowsCycles: false,
  mostLevels: 4000,
  judge: judgeForStringify,
}

/** The values that a round trip of the structured codec does not change. */
export const structuredRules: ValueRules = {
  holder: 'the structured codec',
  allowsCycles: true,
  mostLevels,
  judge: judgeForStructured,
}

function judgeForJson(value: unknown, around?: unknown): Verdict {
  if (typeof value === 'number') return kindOfNumber(value)
  // JSON would write `null`.
  if (value === undefined && Array.isArray(around)) return 'undefined'
  if (!isObject(value)) return kindOfPrimitive(value)
  if (Array.isArray(value)) return judgeArrayForJson(value)
  if (!isPlain(value)) return kindOfObject(value)
  // `toJSON` would decide what is stored.
  if (typeof Reflect.get(value, 'toJSON') === 'function') return 'an object with a `toJSON`'
  return hasSymbolNames(value) ? 'an object with a symbol as a name' : insideObject(value)
}

function judgeArrayForJson(value: readonly unknown[]): Verdict {
  if (!isPlainArray(value)) return kindOfObject(value)
  return Object.keys(value).length < value.length ? 'an array with holes' : insideArray(value)
}

function judgeForStringify(value: unknown): Verdict {
  const toJSON: unknown = isObject(value) ? Reflect.get(value, 'toJSON') : undefined
  const shown: unknown = typeof toJSON === 'function' ? Reflect.apply(toJSON, value, ['']) : value
  if (typeof shown === 'bigint' || types.isBigIntObject(shown)) return 'a BigInt'
  if (!isObject(shown)) return undefined
  // Of an array, `JSON.stringify` writes only the elements, and no other properties.
  return Array.isArray(shown)
    ? insideElements(shown, Object.keys(shown).filter(isPlace))
    : insideObject(shown)
}

function judgeForStructured(value: unknown): Verdict {
  if (typeof value === 'symbol' || typeof value === 'function') return kindOfPrimitive(value)
  if (!isObject(value)) return undefined
  if (Array.isArray(value)) return isPlainArray(value) ? insideArray(value) : kindOfObject(value)
  if (!isPlain(value)) return judgeBuiltIn(value)
  if (hasSymbolNames(value)) return 'an object with a symbol as a name'
  // The library refuses the name in both directions.
  if (Object.hasOwn(value, '__proto__')) return 'an object with a property `__proto__`'
  return insideObject(value)
}

function judgeBuiltIn(value: object): Verdict {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Map.prototype && types.isMap(value)) return insideMap(value)
  if (prototype === Set.prototype && types.isSet(value))
    return { values: [...value], step: place => `.values()[${place}]` }
  const isShared = ArrayBuffer.isView(value) && types.isSharedArrayBuffer(value.buffer)
  return wholePrototypes.has(prototype) && !isShared ? undefined : kindOfObject(value)
}

// Only these classes themselves: an instance of a subclass would lose its own methods.
const wholeNames = [
  ...['Date', 'RegExp', 'URL', 'URLSearchParams', 'Number', 'String', 'Boolean', 'BigInt'],
  ...['ArrayBuffer', 'DataView', 'Buffer', 'Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array'],
  ...['Uint16Array', 'Float16Array', 'Int32Array', 'Uint32Array', 'Float32Array', 'Float64Array'],
  ...['BigInt64Array', 'BigUint64Array'],
]
// Not all versions of Node have all of them.
const wholePrototypes = new Set<unknown>(wholeNames.map(prototypeNamed).filter(isObject))

function prototypeNamed(name: string): unknown {
  const known: unknown = Reflect.get(globalThis, name)
  return typeof known === 'function' ? known.prototype : undefined
}

/** Visits only existing elements, so that a sparse array of great length costs nothing. */
function insideArray(value: readonly unknown[]): Verdict {
  const places = Object.keys(value)
  // `Object.keys` returns other names after all indexes.
  const last = places.at(-1)
  if (last !== undefined && !isPlace(last)) return 'an array with a property of its own'
  return insideElements(value, places)
}

function insideElements(value: readonly unknown[], places: readonly string[]): Inside {
  return { values: places.map(place => value[Number(place)]), step: place => `[${places[place]}]` }
}

function insideMap(value: Map<unknown, unknown>): Inside {
  const step = (place: number): string =>
    `.${place % 2 === 0 ? 'keys' : 'values'}()[${Math.floor(place / 2)}]`
  return { values: [...value].flat(), step }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** Whether an object has no class. Objects from another realm, such as a test runner's, are plain too. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (!isObject(prototype) || prototype === Object.prototype) return true
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf')
}

// `Array.prototype` is itself an array, in every realm. The prototype of a subclass is not.
function isPlainArray(value: readonly unknown[]): boolean {
  return Array.isArray(Object.getPrototypeOf(value))
}

/** Whether a name is an array index: a whole number below 2^32 - 1 in its normal form. */
function isPlace(name: string): boolean {
  return String(Number(name) >>> 0) === name && name !== '4294967295'
}

function hasSymbolNames(value: object): boolean {
  const isEnumerable = (name: symbol): boolean => Object.prototype.propertyIsEnumerable.call(value, name)
  return Object.getOwnPropertySymbols(value).some(isEnumerable)
}

function kindOfNumber(value: number): string | undefined {
  if (Object.is(value, -0)) return '-0'
  return Number.isFinite(value) ? undefined : String(value)
}

function kindOfPrimitive(value: unknown): string | undefined {
  if (typeof value === 'bigint') return 'a BigInt'
  return typeof value === 'function' || typeof value === 'symbol' ? `a ${typeof value}` : undefined
}

function kindOfObject(value: object): string {
  const prototype: unknown = Object.getPrototypeOf(value)
  const made: unknown = isObject(prototype) ? Reflect.get(prototype, 'constructor') : undefined
  const name = typeof made === 'function' && made.name !== '' ? made.name : 'a class without a name'
  if (prototypeNamed(name) !== prototype) return `an instance of ${name}`
  return `${/^[AEIO]/.test(name) ? 'an' : 'a'} ${name}`
}
