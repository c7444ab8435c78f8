/** A statement whose parameters are bound by position. */
export interface Positional {
  readonly text: string
  /** The names of its parameters, in order. One may come twice. */
  readonly names: readonly string[]
}

/** Turns parameters with names, such as `:key`, into question marks, which drivers bind alike. */
export function positional(text: string): Positional {
  const names: string[] = []
  const marked = text.replace(/:([a-z]+)/g, (_all, name: string) => {
    names.push(name)
    return '?'
  })
  return { text: marked, names }
}
