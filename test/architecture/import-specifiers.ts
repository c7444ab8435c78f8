/** A comment that begins a line. One further right may be part of a string, such as the media type of everything. */
const comments = /^\s*\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm

const forms = [
  /^[ \t]*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/gm,
  /^[ \t]*import\s*['"]([^'"]+)['"]/gm,
  /\bimport\s*\(\s*['"`]([^'"`]+)['"`]/g,
  /\brequire\s*\(\s*['"`]([^'"`]+)['"`]/g,
]

/** Lists what a module imports, in whichever form: types too, because a type ties two rooms together as well. */
export function importSpecifiers(source: string): readonly string[] {
  const code = source.replace(comments, '')
  return forms.flatMap(form => [...code.matchAll(form)].map(match => match[1] ?? ''))
}
