import { readFileSync } from 'node:fs'

interface Target {
  readonly import: string
  readonly default: string
}

/** What `package.json` says to the world. */
export interface Manifest {
  readonly main: string
  readonly types: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, Target | string | object>>
  readonly typesVersions: { readonly '*': Readonly<Record<string, readonly string[]>> }
}

/** The source of each public path, as `tsconfig.json` has it for the type checker, the tests and the build. */
export type Sources = Readonly<Record<string, string>>

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

/** Reads the source of each public path, by the path as `exports` writes it. */
export function readSources(): Sources {
  const { compilerOptions } = JSON.parse(
    readFileSync(new URL('../../tsconfig.json', import.meta.url), 'utf8'),
  ) as { readonly compilerOptions: { readonly paths: Readonly<Record<string, readonly string[]>> } }
  const ours = Object.entries(compilerOptions.paths).filter(([specifier]) => /^sojourn\b/.test(specifier))
  return Object.fromEntries(
    ours.map(([specifier, [source]]) => [`.${specifier.slice('sojourn'.length)}`, `${source}`.slice(2)]),
  )
}

/**
 * Says where each public path belongs.
 *
 * `sojourn/memory` is `src/stores/memory.ts`, `test/stores/memory.test.ts` and `docs/stores/memory.md`. A path
 * that is a room of its own, such as `sojourn/testing`, is `src/testing/index.ts`, the folder `test/testing` and
 * `docs/testing.md`. The front door has no page, and neither have the deep paths kept for express-session's sake.
 */
export function placesOf(sources: Sources): readonly Places[] {
  return Object.entries(sources).flatMap(([path, source]) =>
    path === '.' || path.startsWith('./session/') ? [] : [placesFor(path, source)],
  )
}

function placesFor(path: string, source: string): Places {
  const inside = source.replace(/^src\//, '').replace(/\.ts$/, '')
  const name = inside.replace(/\/index$/, '')
  return {
    path,
    source,
    test: name === inside ? `test/${name}.test.ts` : `test/${name}`,
    page: `docs/${name}.md`,
  }
}

/** What `exports` has for a public path: the built files have its name. */
export function targetOf(path: string): Target {
  const name = builtName(path)
  return { import: `./dist/${name}.mjs`, default: `./dist/${name}.js` }
}

/** Where compilers that know no `exports` find the types of a public path. */
export function oldTypesOf(path: string): readonly [string, readonly string[]] {
  return [path.slice(2), [`./dist/${builtName(path)}.d.ts`]]
}

function builtName(path: string): string {
  return path === '.' ? 'index' : path.slice(2).replace(/\.js$/, '')
}
