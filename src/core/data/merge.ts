import type { SessionContents, SessionValues } from './codec.ts'

/**
 * Resolves a conflict: two requests have changed the value of `key`. Returns the value to store. It may be called several
 * times, and must not change its arguments.
 */
// biome-ignore lint/complexity/useMaxParams: a three-way merge has three values.
export type ConflictResolver = (key: string, base: unknown, mine: unknown, theirs: unknown) => unknown

/** The contents that another request has stored meanwhile, and how to merge this request's changes into them. */
export interface Merge {
  readonly theirs: SessionContents
  /** The same as text; undefined for a store that keeps sessions. */
  readonly text: string | undefined
  /** The values that this request has loaded. */
  readonly base: SessionValues
  readonly resolve: ConflictResolver | undefined
}

/** The three sides of a merge: the common base, and the values of each request. */
export interface Versions {
  readonly base: SessionValues
  readonly mine: SessionValues
  readonly theirs: SessionValues
}

/** How to compare values, and how to resolve conflicts. */
export interface MergeRules {
  isSame(name: string, one: SessionValues, other: SessionValues): boolean
  /** @default mine wins */
  readonly resolve: ConflictResolver | undefined
}

/** The values with the changes of both, and the names that both have changed to different values. */
export interface Merged {
  readonly values: SessionValues
  readonly clashes: readonly string[]
}

/** Merges one request's changes, name by name, into the values that another has stored meanwhile. */
export function mergeValues(versions: Versions, { isSame, resolve }: MergeRules): Merged {
  const { base, mine, theirs } = versions
  const names = [...new Set([...Object.keys(base), ...Object.keys(mine)])]
  // Where both values are equal, this keeps mine: the application holds that object, and may change it later.
  const alike = new Set(names.filter(name => isSame(name, mine, theirs)))
  const changes = names.filter(name => !alike.has(name) && !isSame(name, mine, base))
  const clashes = changes.filter(name => !isSame(name, theirs, base))
  const values = { ...theirs }
  for (const name of [...alike, ...changes]) take(mine, name, values)
  if (resolve === undefined) return { values, clashes }
  for (const name of clashes) values[name] = resolve(name, base[name], mine[name], theirs[name])
  return { values, clashes }
}

/** The changes of an update to undo, and the names to leave alone. */
export interface Undoing {
  readonly before: SessionValues
  /** The values after the update; undefined if its function has failed. */
  readonly after?: SessionValues
  /** The names that only other code of the request has accessed. */
  readonly spared: Iterable<string | symbol>
}

/** Returns values without the changes from `before` to `after`. Later changes stay, and so do spared names. */
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

/** Copies the value of a name, or its absence. */
function take(from: SessionValues, name: string, values: SessionValues): void {
  if (Object.hasOwn(from, name)) values[name] = from[name]
  else delete values[name]
}
