import type { SessionValues } from '../data/codec.ts'

/**
 * Brings values to a wanted state, and changes the objects among them in place. So a list that a route has read from its
 * session before a conflict still belongs to the session after it. Returns the values in their new state.
 */
export function inHeldObjects(held: SessionValues, wanted: SessionValues): SessionValues {
  // An object of the wanted state must not be changed in place, because other parts of that state may refer to it.
  const taken = new Set<unknown>()
  reach(Object.values(wanted), taken)
  return becomeEach(held, wanted, taken)
}

function becomeEach(held: SessionValues, wanted: SessionValues, taken: Set<unknown>): SessionValues {
  const own = (name: string): unknown => (Object.hasOwn(held, name) ? held[name] : undefined)
  return Object.fromEntries(
    Object.entries(wanted).map(([name, value]) => [name, become(own(name), value, taken)]),
  )
}

function become(held: unknown, wanted: unknown, taken: Set<unknown>): unknown {
  if (taken.has(held) || !isHolder(held) || !isHolder(wanted) || Object.isFrozen(held)) return wanted
  if (Object.getPrototypeOf(held) !== Object.getPrototypeOf(wanted)) return wanted
  taken.add(held)
  if (held instanceof Date) held.setTime(Number(wanted))
  else if (held instanceof Map) becomeMap(held, wanted as ReadonlyMap<unknown, unknown>, taken)
  else if (held instanceof Set) becomeSet(held, wanted as ReadonlySet<unknown>)
  else becomeObject(held as SessionValues, wanted as SessionValues, taken)
  return held
}

function becomeMap(
  held: Map<unknown, unknown>,
  wanted: ReadonlyMap<unknown, unknown>,
  taken: Set<unknown>,
): void {
  const entries = [...wanted].map(([key, value]) => [key, become(held.get(key), value, taken)] as const)
  held.clear()
  for (const [key, value] of entries) held.set(key, value)
}

function becomeSet(held: Set<unknown>, wanted: ReadonlySet<unknown>): void {
  held.clear()
  for (const value of wanted) held.add(value)
}

function becomeObject(held: SessionValues, wanted: SessionValues, taken: Set<unknown>): void {
  const values = becomeEach(held, wanted, taken)
  if (Array.isArray(held)) held.length = 0
  for (const name of Object.keys(held)) delete held[name]
  // Not with assignments: one to `__proto__` would set the prototype.
  Object.defineProperties(held, Object.getOwnPropertyDescriptors(values))
}

function reach(values: Iterable<unknown>, taken: Set<unknown>): void {
  for (const value of values) {
    if (typeof value !== 'object' || value === null || taken.has(value)) continue
    taken.add(value)
    reach(Object.values(value), taken)
    if (value instanceof Map || value instanceof Set) reach([...value.keys(), ...value.values()], taken)
  }
}

const holders: ReadonlySet<unknown> = new Set([
  ...[Array.prototype, Object.prototype, null, Map.prototype, Set.prototype, Date.prototype],
])

/** Whether an object can be changed in place. Other kinds, such as a `URL`, are replaced. */
function isHolder(value: unknown): value is object {
  return typeof value === 'object' && value !== null && holders.has(Object.getPrototypeOf(value))
}
