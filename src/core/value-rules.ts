import { types } from 'node:util'
import { type Bounds, type Inside, stepTo, type Verdict } from './unsupported-value.ts'

/** Which values a codec can hold. */
export interface ValueRules extends Bounds {
  /** The codec, in the words of a message. */
  readonly holder: string
  judge(value: unknown): Verdict
}

// The structured codec calls itself for each level, and a stack has room for some 1,700 of its calls.
const mostLevels = 500

/** What JSON gives back as it was. A property that is `undefined` comes back as none, which reads the same. */
export const strictJsonRules: ValueRules = {
  holder: 'JSON',
  allowsCycles: false,
  mostLevels,
  judge: judgeForJson,
}

/** What `JSON.stringify` takes at all, whatever comes back. Its own stack ends at some 4,000 levels. */
export const lenientJsonRules: ValueRules = {
  holder: 'JSON',
  allowsCycles: false,
  mostLevels: 4000,
  judge: judgeForStringify,
}

/** What the structured codec gives back as it was. */
export const structuredRules: ValueRules = {
  holder: 'the structured codec',
  allowsCycles: true,
  mostLevels,
  judge: judgeForStructured,
}

function judgeForJson(value: unknown): Verdict {
  if (typeof value === 'number') return isPlainNumber(value) ? undefined : printed(value)
  if (!isObject(value)) return kindOfPrimitive(value)
  if (Array.isArray(value)) return judgeArrayForJson(value)
  if (!isPlain(value)) return kindOfObject(value)
  // `toJSON` would decide what is stored.
  if (typeof Reflect.get(value, 'toJSON') === 'function') return 'an object with a `toJSON`'
  return hasSymbolNames(value) ? 'an object with a symbol as a name' : insideObject(value, judgeForJson)
}

function judgeArrayForJson(value: readonly unknown[]): Verdict {
  if (!isPlainArray(value)) return kindOfObject(value)
  if (Object.keys(value).length < value.length) return 'an array with holes'
  return insideArray(value, judgeElementForJson)
}

// JSON writes `null` in its place.
function judgeElementForJson(value: unknown): Verdict {
  return value === undefined ? 'undefined' : judgeForJson(value)
}

function judgeForStringify(value: unknown): Verdict {
  if (!isObject(value)) return typeof value === 'bigint' ? 'a BigInt' : undefined
  if (types.isBigIntObject(value)) return 'a BigInt'
  const toJSON: unknown = Reflect.get(value, 'toJSON')
  if (typeof toJSON === 'function') return judgeShown(Reflect.apply(toJSON, value, ['']))
  return judgeShown(value)
}

function judgeShown(value: unknown): Verdict {
  if (!isObject(value)) return typeof value === 'bigint' ? 'a BigInt' : undefined
  if (!Array.isArray(value)) return insideObject(value, judgeForStringify)
  // It writes the elements of an array, and nothing else that stands in it.
  const places = Object.keys(value).filter(isPlace)
  const values = places.map(place => value[Number(place)])
  return { values, step: place => `[${places[place]}]`, judge: judgeForStringify }
}

function judgeForStructured(value: unknown): Verdict {
  if (typeof value === 'symbol' || typeof value === 'function') return kindOfPrimitive(value)
  if (!isObject(value)) return undefined
  if (Array.isArray(value)) {
    return isPlainArray(value) ? insideArray(value, judgeForStructured) : kindOfObject(value)
  }
  return isPlain(value) ? judgeObjectForStructured(value) : judgeBuiltIn(value)
}

function judgeObjectForStructured(value: object): Verdict {
  if (hasSymbolNames(value)) return 'an object with a symbol as a name'
  // The library refuses the name in both directions.
  if (Object.hasOwn(value, '__proto__')) return 'an object with a property `__proto__`'
  return insideObject(value, judgeForStructured)
}

function judgeBuiltIn(value: object): Verdict {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Map.prototype && types.isMap(value)) return insideMap(value)
  if (prototype === Set.prototype && types.isSet(value)) return insideSet(value)
  return wholePrototypes.has(prototype) && !isShared(value) ? undefined : kindOfObject(value)
}

// A class that extends one of these would come back without its own methods, so only these themselves count.
const wholeNames = [
  ...['Date', 'RegExp', 'URL', 'URLSearchParams', 'Number', 'String', 'Boolean', 'BigInt'],
  ...['ArrayBuffer', 'DataView', 'Buffer', 'Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array'],
  ...['Uint16Array', 'Float16Array', 'Int32Array', 'Uint32Array', 'Float32Array', 'Float64Array'],
  ...['BigInt64Array', 'BigUint64Array'],
]
// Not every Node has all of them.
const wholePrototypes = new Set<unknown>(wholeNames.map(prototypeNamed).filter(isObject))

function prototypeNamed(name: string): unknown {
  const known: unknown = Reflect.get(globalThis, name)
  return typeof known === 'function' ? known.prototype : undefined
}

function isShared(value: object): boolean {
  return ArrayBuffer.isView(value) && types.isSharedArrayBuffer(value.buffer)
}

function insideObject(value: object, judge: Inside['judge']): Inside {
  const names = Object.keys(value)
  return { values: Object.values(value), step: place => stepTo(names[place] ?? ''), judge }
}

/** Only the elements that are there, so that the length of a sparse array costs nothing. */
function insideArray(value: readonly unknown[], judge: Inside['judge']): Verdict {
  const places = Object.keys(value)
  // Whatever is no place comes behind all places.
  const last = places.at(-1)
  if (last !== undefined && !isPlace(last)) return 'an array with a property of its own'
  return { values: Object.values(value), step: place => `[${places[place]}]`, judge }
}

function insideMap(value: Map<unknown, unknown>): Inside {
  const step = (place: number): string =>
    `.${place % 2 === 0 ? 'keys' : 'values'}()[${Math.floor(place / 2)}]`
  return { values: [...value].flat(), step, judge: judgeForStructured }
}

function insideSet(value: Set<unknown>): Inside {
  return { values: [...value], step: place => `.values()[${place}]`, judge: judgeForStructured }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** An object without a class. One from another realm, such as a test runner's, is plain too. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (!isObject(prototype) || prototype === Object.prototype) return true
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf')
}

// The prototype of arrays is an array in every realm, and that of a class which extends them is none.
function isPlainArray(value: readonly unknown[]): boolean {
  return Array.isArray(Object.getPrototypeOf(value))
}

function isPlainNumber(value: number): boolean {
  return Number.isFinite(value) && !Object.is(value, -0)
}

/** Whether a name is that of an element: no other is written like a whole number below the greatest length. */
function isPlace(name: string): boolean {
  return String(Number(name) >>> 0) === name && name !== '4294967295'
}

function hasSymbolNames(value: object): boolean {
  const isEnumerable = (name: symbol): boolean => Object.prototype.propertyIsEnumerable.call(value, name)
  return Object.getOwnPropertySymbols(value).some(isEnumerable)
}

function printed(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value)
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
