import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { driverError, loadDriver } from '../../src/stores/driver.ts'
import { BuiltSources } from '../support/built-sources.ts'

let sources: BuiltSources
const elsewhere = mkdtempSync(join(tmpdir(), 'sojourn-driver-'))

beforeAll(() => {
  sources = new BuiltSources('test/stores/lmdb/programs')
  // Beside no package at all.
  cpSync(sources.source, join(elsewhere, 'src'), { recursive: true })
  writeFileSync(join(elsewhere, 'package.json'), '{"type":"module"}')
})

afterAll(() => {
  sources.remove()
  rmSync(elsewhere, { recursive: true, force: true })
})

function open(): { readonly output: string; readonly status: number | null } {
  const program = `
    const { lmdbStore } = await import('./src/stores/lmdb.js')
    try { lmdbStore({ path: './sessions' }) } catch (error) { console.log(error.code, error.message, error.cause) }`
  const options = { cwd: elsewhere, encoding: 'utf8' } as const
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', program],
    options,
  )
  return { output: stdout + stderr, status }
}

const notFound = (message: string) => Object.assign(new Error(message), { code: 'MODULE_NOT_FOUND' })

test.each([
  ['with Node', "Cannot find module 'redis'"],
  [
    'with Plug’n’Play',
    "sojourn tried to access redis (a peer dependency) but it isn't provided by your application",
  ],
])('a package that is not installed is named, with the command that installs it: %s', (_with, message) => {
  const error = driverError('redis', 'redis', notFound(message))
  expect(error).toMatchObject({ name: 'SojournError', code: 'DRIVER_MISSING' })
  expect(error.message).toBe(
    'Expected the package `redis` for the redis store, but it is not installed. Run: npm install redis',
  )
})

test.each([
  new ReferenceError('require is not defined in ES module scope'),
  new Error('Dynamic require of "lmdb" is not supported'),
])('a bundle that cannot load packages says how to hand one in: %s', cause => {
  expect(driverError('lmdb', 'lmdb', cause).message).toBe(
    'Expected the package `lmdb` for the lmdb store, but this bundle cannot load packages. Import it and hand it in: ' +
      "import * as lmdb from 'lmdb', and lmdbStore({ path, lmdb })",
  )
})

test('a package that is installed is answered', () => {
  expect(loadDriver('lmdb', 'lmdb')).toHaveProperty('open')
})

test('the store can be imported without its package, and says what to install when it is made', () => {
  const { output, status } = open()
  expect(output).toContain(
    'DRIVER_MISSING Expected the package `lmdb` for the lmdb store, but it is not installed.',
  )
  expect(output).toContain('Run: npm install lmdb')
  expect(status).toBe(0)
})

test('a package that is there and cannot be loaded is told apart from one that is not', () => {
  const broken = join(elsewhere, 'node_modules', 'lmdb')
  mkdirSync(broken, { recursive: true })
  writeFileSync(join(broken, 'package.json'), '{"name":"lmdb","main":"index.js"}')
  writeFileSync(join(broken, 'index.js'), "throw new Error('its binary is for another machine')")
  expect(open().output).toContain('but it cannot be loaded. See `cause`. Run: npm install lmdb')
  writeFileSync(join(broken, 'index.js'), "require('a-package-that-it-needs')")
  expect(open().output).toContain('but it cannot be loaded. See `cause`. Run: npm install lmdb')
})
