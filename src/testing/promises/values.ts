import { hold } from './broken-promise.ts'
import type { StorySession } from './node.ts'
import type { Values } from './under-way.ts'

/** The names under which requests write. */
export const names: readonly string[] = ['cart', 'theme', 'note']
/** The name of the counter, which `update` increases. */
export const counter = 'count'
/** The beginning of every value, so that a search finds values where they must not be. */
export const plainMark = 'plain-'

/** A value that no other write of the story has. With the structured codec it is one that JSON cannot hold. */
export function numbered(number: number, codec: 'json' | 'structured'): unknown {
  const text = `${plainMark}${number}`
  return codec === 'json' ? text : new Map([[text, new Date(number)]])
}

/** The values of a session, each as text. */
export function valuesIn(session: StorySession): Values {
  const entries = Object.keys(session).filter(name => name !== 'cookie' && name !== counter)
  return new Map(entries.map(name => [name, asText(session[name])]))
}

export function countIn(session: StorySession): number {
  const count = session[counter] ?? 0
  return typeof count === 'number' ? count : Number.NaN
}

/** The names whose values differ, each with its new value, or undefined for a removed name. */
export function differences(before: Values, after: Values): ReadonlyMap<string, string | undefined> {
  const all = [...new Set([...before.keys(), ...after.keys()])]
  return new Map(
    all.filter(name => before.get(name) !== after.get(name)).map(name => [name, after.get(name)]),
  )
}

function asText(value: unknown): string {
  if (!(value instanceof Map)) return String(value)
  const [[text, date] = []] = value
  const isWhole = date instanceof Date && `${plainMark}${date.getTime()}` === text
  hold('noLostWrite', isWhole, () => 'A map with a date in it came back as something else.')
  return String(text)
}
