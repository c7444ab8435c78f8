import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadDriver } from '../../src/stores/driver.ts'
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

test('a package that is not installed is named, with the command that installs it', () => {
  expect(() => loadDriver('redis', 'no-package-of-anybody')).toThrow(
    expect.objectContaining({ name: 'SojournError', code: 'DRIVER_MISSING' }),
  )
  expect(() => loadDriver('redis', 'no-package-of-anybody')).toThrow(
    'Expected the package `no-package-of-anybody` for the redis store, but it is not installed. Run: npm install no-package-of-anybody',
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
