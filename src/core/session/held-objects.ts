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
  if (taken.has(held) || !isContainer(held) || !isContainer(wanted) || Object.isFrozen(held)) return wanted
  if (Array.isArray(held) !== Array.isArray(wanted)) return wanted
  taken.add(held)
  const values = becomeEach(held, wanted, taken)
  if (Array.isArray(held)) held.length = 0
  for (const name of Object.keys(held)) delete held[name]
  // An assignment to `__proto__` would be none to a name.
  return Object.defineProperties(held, Object.getOwnPropertyDescriptors(values))
}

function reach(values: Iterable<unknown>, taken: Set<unknown>): void {
  for (const value of values) {
    if (typeof value !== 'object' || value === null || taken.has(value)) continue
    taken.add(value)
    reach(Object.values(value), taken)
    if (value instanceof Map || value instanceof Set) reach([...value.keys(), ...value.values()], taken)
  }
}

/** A list or a plain object. Whatever else a codec can hold is put in the place of what was there. */
function isContainer(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Array.prototype || prototype === Object.prototype || prototype === null
}
