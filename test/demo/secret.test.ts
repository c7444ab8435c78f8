import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

// A path as text, because the type checker reads the demo in a project of its own.
const source: string = '../../demo/secret.js'
const { createSecret, readSettings } = await import(source)

let folder: string
let path: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wayside-'))
  path = join(folder, '.env')
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('of two first starts at once, of which each has seen no file, both have the secret that is kept', () => {
  const made = createSecret(path)
  const kept = readFileSync(path, 'utf8')
  expect(createSecret(path)).toBe(made)
  expect(readFileSync(path, 'utf8')).toBe(kept)
})

test('a secret is made where none is in the file, or an empty one, and the next start reads it', () => {
  for (const before of ['', 'PORT=1', 'SESSION_SECRET=\n']) {
    writeFileSync(path, before, { mode: 0o600 })
    const made = createSecret(path)
    expect(made).toHaveLength(43)
    expect(readSettings(path).SESSION_SECRET).toBe(made)
    expect(readFileSync(path, 'utf8').startsWith(before)).toBe(true)
  }
})

test('a file that is made here is for its owner alone, however open the process makes others', () => {
  const before = process.umask(0)
  try {
    createSecret(path)
  } finally {
    process.umask(before)
  }
  expect(statSync(path).mode & 0o777).toBe(0o600)
})
