import type { SessionContents, SessionValues } from './codec.ts'

/**
 * Decides about a name that two requests have changed at the same time: answers the value that is to be
 * stored. It may be asked several times, and must not change what it is given.
 */
// biome-ignore lint/complexity/useMaxParams: the three values are what a merge is of.
export type ConflictResolver = (key: string, base: unknown, mine: unknown, theirs: unknown) => unknown

/** What somebody else has stored meanwhile, and how it meets what this request has changed. */
export interface Merge {
  readonly theirs: SessionContents
  /** The same as it is stored; undefined for a store that keeps sessions. */
  readonly text: string | undefined
  /** The values from which this request went out. */
  readonly base: SessionValues
  readonly resolve: ConflictResolver | undefined
}

/** The values from which two requests went out, and what each has made of them. */
export interface Versions {
  readonly base: SessionValues
  readonly mine: SessionValues
  readonly theirs: SessionValues
}

/** How values are compared, and who decides where both have changed one. */
export interface MergeRules {
  isSame(name: string, one: SessionValues, other: SessionValues): boolean
  /** @default mine counts */
  readonly resolve: ConflictResolver | undefined
}

/** Values with the changes of both, and the names that both have changed, each in another way. */
export interface Merged {
  readonly values: SessionValues
  readonly clashes: readonly string[]
}

/** Puts one request's changes, name by name, onto what another has stored meanwhile. */
export function mergeValues(versions: Versions, { isSame, resolve }: MergeRules): Merged {
  const { base, mine, theirs } = versions
  const names = [...new Set([...Object.keys(base), ...Object.keys(mine)])]
  // What both have alike stays the object that the application holds, which it may change later.
  const alike = new Set(names.filter(name => isSame(name, mine, theirs)))
  const changes = names.filter(name => !alike.has(name) && !isSame(name, mine, base))
  const clashes = changes.filter(name => !isSame(name, theirs, base))
  const values = { ...theirs }
  for (const name of [...alike, ...changes]) take(mine, name, values)
  if (resolve === undefined) return { values, clashes }
  for (const name of clashes) values[name] = resolve(name, base[name], mine[name], theirs[name])
  return { values, clashes }
}

/** What an update has made of values, and what of that stays when it is taken back. */
export interface Undoing {
  readonly before: SessionValues
  /** What the update has made of them; undefined where it has failed on its way. */
  readonly after?: SessionValues
  /** The names that only somebody else has touched. */
  readonly spared: Iterable<string | symbol>
}

/** Answers values without what made `after` of `before`. What has been changed since then stays, and so do spared names. */
export function undone(
  mine: SessionValues,
  { before, after, spared }: Undoing,
  rules: MergeRules,
): SessionValues {
  const values =
    after === undefined ? { ...before } : mergeValues({ base: after, mine, theirs: before }, rules).values
  for (const name of spared) if (typeof name === 'string') take(mine, name, values)
  return values
}

/** Takes over that a name has a value, or that it has none. */
function take(from: SessionValues, name: string, values: SessionValues): void {
  if (Object.hasOwn(from, name)) values[name] = from[name]
  else delete values[name]
}
