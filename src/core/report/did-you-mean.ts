/** Suggests the most similar known name, beginning with a space. Empty if none is similar. */
export function didYouMean(name: string, known: readonly string[]): string {
  const given = lastOf(name)
  const ranked = known.map(each => ({ each, steps: typosBetween(given, lastOf(each)) }))
  const [nearest] = ranked.toSorted((one, other) => one.steps - other.steps)
  const isNear = nearest !== undefined && nearest.steps <= Math.max(1, Math.floor(given.length / 4))
  return isNear ? ` Did you mean \`${nearest.each}\`?` : ''
}

function lastOf(path: string): string {
  return path.split('.').at(-1) ?? path
}

/** The edit distance of two words, ignoring case: how many letters have to be added, removed or replaced. */
function stepsBetween(one: string, other: string): number {
  const letters = [...other.toLowerCase()]
  let row = [0, ...letters.keys()].map((_, place) => place)
  for (const letter of one.slice(0, 40).toLowerCase()) {
    const next = [(row[0] ?? 0) + 1]
    for (const [place, wanted] of letters.entries()) {
      const [exchanged = 0, added = 0] = row.slice(place, place + 2)
      next.push(Math.min((next[place] ?? 0) + 1, added + 1, exchanged + (letter === wanted ? 0 : 1)))
    }
    row = next
  }
  return row.at(-1) ?? 0
}

/** The same, where two letters that have changed places are one step. */
function typosBetween(one: string, other: string): number {
  const steps = stepsBetween(one, other)
  return steps === 2 && lettersOf(one) === lettersOf(other) ? 1 : steps
}

function lettersOf(word: string): string {
  return [...word.toLowerCase()].toSorted().join('')
}
