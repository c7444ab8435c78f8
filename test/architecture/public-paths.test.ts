import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { pathProblems, placesOf, readManifest } from './public-paths.ts'

const root = new URL('../../', import.meta.url)
const manifest = readManifest()

test('every public path names one file, with its types beside it', () => {
  expect(pathProblems(manifest)).toEqual([])
})

test.each(placesOf(manifest))('$path has one source, one test and one page of its name', places => {
  const missing = [places.source, places.test, places.page].filter(file => !existsSync(new URL(file, root)))
  expect(missing).toEqual([])
})

test('the type checker leads every public path to its source, as the test runner does', () => {
  const { compilerOptions } = JSON.parse(readFileSync(new URL('tsconfig.json', root), 'utf8'))
  const expected = Object.entries(manifest.exports).flatMap(([path, target]) =>
    typeof target === 'string' ? [] : [[`sojourn${path.slice(1)}`, [sourceOf(target.default)]]],
  )
  expect(compilerOptions.paths).toMatchObject(Object.fromEntries(expected))
})

test('one library is installed with the package, and none with that', () => {
  expect(Object.keys(manifest.dependencies ?? {})).toEqual(['devalue'])
  const devalue = JSON.parse(readFileSync(new URL('node_modules/devalue/package.json', root), 'utf8'))
  expect(devalue).not.toHaveProperty('dependencies')
})

function sourceOf(built: string): string {
  return built.replace('./dist/', './src/').replace(/\.js$/, '.ts')
}

describe('a path that breaks the rule is seen', () => {
  const target = (name: string) => ({ types: `./dist/${name}.d.ts`, default: `./dist/${name}.js` })

  test.each([
    ['./*', target('stores/*'), 'wildcard'],
    ['./redis', target('stores/memory'), 'not named after its file'],
    ['./redis', { types: './dist/index.d.ts', default: './dist/stores/redis.js' }, 'types from another file'],
    ['./redis', './dist/stores/redis.js', 'no types'],
  ])('%s', (path, value, problem) => {
    expect(pathProblems({ exports: { [path]: value } })).toContainEqual(expect.stringContaining(problem))
  })

  test('and its places follow from its file', () => {
    const exports = { './redis': target('stores/redis'), './cli': target('cli/index') }
    expect(placesOf({ exports }).map(places => [places.source, places.test, places.page])).toEqual([
      ['src/stores/redis.ts', 'test/stores/redis.test.ts', 'docs/stores/redis.md'],
      ['src/cli/index.ts', 'test/cli', 'docs/cli.md'],
    ])
  })
})
