import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { oldTypesOf, placesOf, readManifest, readSources, targetOf } from './public-paths.ts'
import { readSourceFiles } from './source-files.ts'

const root = new URL('../../', import.meta.url)
const manifest = readManifest()
const sources = readSources()
const paths = Object.keys(sources)

test('the package has the public paths that the sources have, each written out', () => {
  const { './*': others, './package.json': itself, ...exported } = manifest.exports
  expect(exported).toEqual(Object.fromEntries(paths.map(path => [path, targetOf(path)])))
  expect(itself).toBe('./package.json')
  // A path that does not exist leads to a file that says which ones do.
  expect(others).toEqual({ types: null, default: './dist/no-such-path.js' })
})

test('tools that know no `exports` find the front door and the types of every path', () => {
  expect(manifest).toMatchObject({ main: './dist/index.js', types: './dist/index.d.ts' })
  const others = paths.filter(path => path !== '.')
  expect(manifest.typesVersions).toEqual({ '*': Object.fromEntries(others.map(oldTypesOf)) })
})

test.each(placesOf(sources))('$path has one source, one test and one page of its name', places => {
  const missing = [places.source, places.test, places.page].filter(file => !existsSync(new URL(file, root)))
  expect(missing).toEqual([])
  expect(places.source.replace(/\/index\.ts$|\.ts$/, '')).toMatch(new RegExp(`/${places.path.slice(2)}$`))
})

test('the places of a path follow from its source', () => {
  const invented = { './redis': 'src/stores/redis.ts', './cli': 'src/cli/index.ts' }
  expect(placesOf(invented).map(places => [places.source, places.test, places.page])).toEqual([
    ['src/stores/redis.ts', 'test/stores/redis.test.ts', 'docs/stores/redis.md'],
    ['src/cli/index.ts', 'test/cli', 'docs/cli.md'],
  ])
})

test('no library is installed with the package', () => {
  expect(manifest.dependencies ?? {}).toEqual({})
})

test('the library that is built into the package needs no other', () => {
  const devalue = JSON.parse(readFileSync(new URL('node_modules/devalue/package.json', root), 'utf8'))
  expect(devalue).not.toHaveProperty('dependencies')
})

test('no source asks whether an error is an instance: Node’s are none in Jest, which has a realm of its own', () => {
  const { 'src/core/report/errors.ts': _askingBoth, ...others } = Object.fromEntries(readSourceFiles('src'))
  const asking = Object.entries(others).filter(
    ([path, source]) => !path.startsWith('src/testing/') && /instanceof (?:Aggregate)?Error\b/.test(source),
  )
  expect(asking.map(([path]) => path)).toEqual([])
})

test('no source asks where its module is: neither Jest nor a bundle could answer', () => {
  const asking = [...readSourceFiles('src')].filter(([, source]) => /import\.meta|createRequire/.test(source))
  expect(asking.map(([path]) => path)).toEqual([])
})
