import { describe, expect, test } from 'vitest'
import { findCycle, importedFiles, roomViolations } from './rooms.ts'
import { readSourceFiles } from './source-files.ts'

const sources = readSourceFiles('src', 'demo', 'examples')

test('imports point one way, from room to room', () => {
  expect(roomViolations(sources)).toEqual([])
})

test('no imports go round in a ring', () => {
  expect(findCycle(sources)).toBeUndefined()
})

test('the rules look at real imports, so that an empty reading is no success', () => {
  const imports = [...sources.keys()].flatMap(path => importedFiles(path, sources))
  expect(sources.has('src/core/record/store.ts')).toBe(true)
  expect(imports).toContain('src/core/time/clock.ts')
})

describe('a wrong import is seen', () => {
  const library = [
    'src/index.ts',
    'src/core/a.ts',
    'src/core/visit/a.ts',
    'src/core/time/a.ts',
    'src/stores/a.ts',
    'src/adapters/a.ts',
    'src/session/a.ts',
    'src/testing/a.ts',
  ]

  test.each([
    ['src/core/b.ts', '../stores/a.ts', `'core' may not import 'stores'`],
    ['src/core/b.ts', '../adapters/a.ts', `'core' may not import 'adapters'`],
    ['src/core/b.ts', '../index.ts', 'no room imports the front door'],
    ['src/core/b.ts', 'express', 'only node: modules'],
    ['src/core/b.ts', 'fs', 'only node: modules'],
    ['src/core/deep/b.ts', '../../testing/a.ts', `'core' may not import 'testing'`],
    ['src/core/time/b.ts', '../visit/a.ts', `'time' stands below 'visit'`],
    ['src/core/time/b.ts', '../a.ts', `'time' stands below 'sessions.ts'`],
    ['src/core/deep/b.ts', '../time/a.ts', `the room 'deep' of the core is not known`],
    ['src/stores/b.ts', '../adapters/a.ts', `'stores' may not import 'adapters'`],
    ['src/stores/b.ts', '../session/a.ts', `'stores' may not import 'session'`],
    ['src/stores/b.ts', '../testing/a.ts', `'stores' may not import 'testing'`],
    ['src/stores/b.ts', 'sojourn', 'only node: modules'],
    ['src/adapters/b.ts', '../testing/a.ts', `'adapters' may not import 'testing'`],
    ['src/session/b.ts', '../adapters/a.ts', `'session' may not import 'adapters'`],
    ['src/testing/b.ts', '../stores/a.ts', `'testing' may not import 'stores'`],
    ['src/testing/b.ts', 'vitest', 'only node: modules'],
    ['src/hall/b.ts', '../core/a.ts', `the room 'hall' is not known`],
    ['src/core/b.ts', './missing.ts', 'there is no such source file'],
    ['demo/b.js', '../src/index.ts', 'only public paths'],
    ['demo/b.js', '../dist/index.js', 'only public paths'],
    ['examples/b.ts', '../src/core/a.ts', 'only public paths'],
  ])('%s importing %s', (path, specifier, problem) => {
    const wrong = new Map([...library.map(file => [file, ''] as const), [path, `import '${specifier}'`]])
    expect(roomViolations(wrong)).toEqual([expect.stringContaining(problem)])
  })

  test.each([
    ['src/index.ts', './testing/a.ts'],
    ['src/other-door.ts', './index.ts'],
    ['src/core/b.ts', 'node:fs/promises'],
    ['src/core/visit/b.ts', '../time/a.ts'],
    ['src/stores/b.ts', '../core/a.ts'],
    ['src/adapters/b.ts', '../stores/a.ts'],
    ['src/adapters/b.ts', '../session/a.ts'],
    ['src/session/b.ts', '../stores/a.ts'],
    ['src/testing/b.ts', '../core/a.ts'],
    ['demo/b.js', 'sojourn/memory'],
    ['examples/b.ts', 'express'],
  ])('and a right one is let through: %s importing %s', (path, specifier) => {
    const right = new Map([...library.map(file => [file, ''] as const), [path, `import '${specifier}'`]])
    expect(roomViolations(right)).toEqual([])
  })

  test('the core imports downwards', () => {
    const downwards = new Map([
      ['src/core/b.ts', "import type { A } from './visit/a.ts'"],
      ['src/core/visit/b.ts', "import type { A } from '../time/a.ts'"],
      ['src/core/time/b.ts', "import type { A } from './a.ts'"],
      ...library.map(path => [path, ''] as const),
    ])
    expect(roomViolations(downwards)).toEqual([])
  })

  test('a ring of types counts as a ring', () => {
    const ring = new Map([
      ['src/core/a.ts', `import type { B } from './b.ts'`],
      ['src/core/b.ts', `export * from './c.ts'`],
      ['src/core/c.ts', `import './b.ts'`],
    ])
    expect(findCycle(ring)).toEqual(['src/core/b.ts', 'src/core/c.ts', 'src/core/b.ts'])
  })
})
