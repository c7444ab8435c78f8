import type { SessionValues } from '../data/codec.ts'

/**
 * Makes values what others are, and leaves the objects in their places that the application holds: a list that a route
 * has taken out of its session before a conflict is the session's afterwards too. Answers the values as they are now.
 */
export function inHeldObjects(held: SessionValues, wanted: SessionValues): SessionValues {
  // What stays must not change because something else refers to it too.
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
  // An assignment to `__proto__` would be none to a name.
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

/** What can be made what another one is. Whatever else a codec can hold is put in the place of what was there. */
function isHolder(value: unknown): value is object {
  return typeof value === 'object' && value !== null && holders.has(Object.getPrototypeOf(value))
}
