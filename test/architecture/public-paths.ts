import { readFileSync } from 'node:fs'

interface Target {
  readonly types: string
  readonly default: string
}

/** What `package.json` says to the world. */
export interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, Target | string>>
}

/** The four places in which one public path is found. */
export interface Places {
  readonly path: string
  readonly source: string
  readonly test: string
  readonly page: string
}

export function readManifest(): Manifest {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
}

/**
 * Says where each public path belongs.
 *
 * `sojourn/memory` is `src/stores/memory.ts`, `test/stores/memory.test.ts` and `docs/stores/memory.md`. A path
 * that is a room of its own, such as `sojourn/testing`, is `src/testing/index.ts`, the folder `test/testing` and
 * `docs/testing.md`. Three have no page: the front door, the deep paths kept for express-session's
 * sake, and the manifest.
 */
export function placesOf({ exports }: Manifest): readonly Places[] {
  return Object.entries(exports).flatMap(([path, target]) => {
    if (path === '.' || path.startsWith('./session/') || typeof target === 'string') return []
    return [placesFor(path, target)]
  })
}

function placesFor(path: string, { default: built }: Target): Places {
  const inside = built.replace(/^\.\/dist\//, '').replace(/\.js$/, '')
  const name = inside.replace(/\/index$/, '')
  return {
    path,
    source: `src/${inside}.ts`,
    test: name === inside ? `test/${name}.test.ts` : `test/${name}`,
    page: `docs/${name}.md`,
  }
}

/** Lists what breaks the rules that every public path keeps, whether or not it has a page. */
export function pathProblems({ exports }: Manifest): readonly string[] {
  return Object.entries(exports).flatMap(([path, target]) => {
    if (path.includes('*')) return [`${path} has a wildcard: each path is written out`]
    if (typeof target === 'string') return path === target ? [] : [`${path} has no types`]
    return problemsOf(path, target)
  })
}

function problemsOf(path: string, { types, default: built }: Target): readonly string[] {
  const problems: string[] = []
  if (types !== built.replace(/\.js$/, '.d.ts')) problems.push(`${path} takes its types from another file`)
  if (!built.includes(lastWord(path))) problems.push(`${path} is not named after its file`)
  return problems
}

function lastWord(path: string): string {
  return path === '.' ? 'index' : (path.replace(/\.js$/, '').split('/').at(-1) ?? path)
}
