/** A statement whose parameters are bound by position. */
export interface Positional {
  readonly text: string
  /** The names of its parameters, in order. One may come twice. */
  readonly names: readonly string[]
}

/** A parameter such as `:key`, and no cast such as `::text`. */
const parameter = /(?<!:):([a-z]+)/g

/** Turns parameters with names into question marks, one for each place. */
export function withQuestionMarks(text: string): Positional {
  const names: string[] = []
  const marked = text.replace(parameter, (_all, name: string) => {
    names.push(name)
    return '?'
  })
  return { text: marked, names }
}

/** Turns parameters with names into `$1`, `$2` and so on, one for each name. */
export function withNumbers(text: string): Positional {
  const names: string[] = []
  const numbered = text.replace(parameter, (_all, name: string) => {
    if (!names.includes(name)) names.push(name)
    return `$${names.indexOf(name) + 1}`
  })
  return { text: numbered, names }
}
