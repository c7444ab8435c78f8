import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import * as lmdb from 'lmdb'
import session, { type LmdbPackage, openStore } from 'sojourn'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { recordWith } from './lmdb/record-with.ts'

const folder = mkdtempSync(join(tmpdir(), 'sojourn-open-store-'))
const before = process.cwd()
beforeAll(() => process.chdir(folder))
afterAll(() => {
  process.chdir(before)
  rmSync(folder, { recursive: true, force: true })
})

test('a store is opened by its URL, in the folder that it names', async () => {
  for (const url of ['lmdb:one', 'lmdb:./two', `lmdb:${folder}/three`, `lmdb://${folder}/four%20x`]) {
    const store = openStore(url)
    expect(store.name).toBe('lmdb')
    expect(await store.create(recordWith({ key: 'a' }))).toBe(true)
    await store.close()
  }
  expect(readdirSync(folder).sort()).toEqual(['four x', 'one', 'three', 'two'])
})

test('it is there again when it is opened again', async () => {
  const store = openStore('lmdb:again?durability=committed')
  await store.create(recordWith({ key: 'a' }))
  await store.close()
  const again = openStore('lmdb:again?durability=committed')
  expect(await again.load('a')).toMatchObject({ key: 'a' })
  await again.close()
})

test('the memory store takes its bounds from the URL', async () => {
  const store = openStore('memory:?maxRecords=10')
  for (let index = 0; index < 30; index += 1) await store.create(recordWith({ key: `${index}` }))
  expect([...(store.records() as Iterable<unknown>)]).toHaveLength(10)
  await store.close()
})

test('the package of a store may be handed in', async () => {
  const opened: unknown[] = []
  const handedIn = { open: (options: never) => opened.push(options) && lmdb.open(options) }
  const store = openStore('lmdb:handed-in', { lmdb: handedIn })
  expect(opened).toHaveLength(1)
  expect(await store.create(recordWith({ key: 'a' }))).toBe(true)
  await store.close()
})

test.each(['redis', 'ioredis'])('of two clients of Redis the one is taken that is handed in: %s', name => {
  const made = new Error(`made by ${name}`)
  const fails = function fails() {
    throw made
  }
  expect(() => openStore('redis://127.0.0.1:1', { [name]: { createClient: fails, Redis: fails } })).toThrow(
    made,
  )
})

test('what is handed in as the package of the LMDB store has to be that', () => {
  const lmdb = {} as LmdbPackage
  expect(() => openStore('lmdb:wrong', { lmdb })).toThrow(
    expect.objectContaining({
      code: 'OPTION_INVALID',
      message: 'Expected `lmdb` to be the package `lmdb`, got a value of type object.',
    }),
  )
})

test('the middleware has it too', () => {
  expect(session.openStore).toBe(openStore)
})

describe('what cannot be opened is refused before anything is made', () => {
  const password = 'p4ssw0rd'
  test.each([
    [
      `oracle://user:${password}@host`,
      'begins with `lmdb:` (npm install lmdb) or `memory:` or `sqlite:` or `mongodb:` (npm install mongodb) or ',
    ],
    [`oracle://user:${password}@host/db?ssl=1`, 'got one that begins otherwise'],
    [`user:${password}@host`, 'got one that begins otherwise'],
    [`C:\\${password}\\data`, 'got one that begins otherwise'],
    [`lmdb://user:${password}@host/data`, 'got an address'],
    [`memory://user:${password}@host`, 'Expected nothing but parameters after `memory:`'],
    [`memory:${password}`, 'Expected nothing but parameters after `memory:`'],
    [password, 'got a string without a scheme'],
    [`lmdb:nothing?durability=${password}`, 'durability'],
    ['lmdb:nothing?path=elsewhere', 'to be durability, got another one'],
    ['lmdb:nothing?clock=1', 'to be durability, got another one'],
    ['lmdb:nothing%00', 'path'],
    ['memory:?maxRecords=0', 'maxRecords'],
    ['memory:?maxRecords=many', 'maxRecords'],
    ['memory:?maxRecords=1&maxRecords=2', 'twice'],
  ])('%s', (url, message) => {
    const opening = () => openStore(url)
    expect(opening).toThrow(expect.objectContaining({ name: 'SojournError', code: 'OPTION_INVALID' }))
    expect(opening).toThrow(message)
    try {
      opening()
    } catch (error) {
      expect(inspect(error, { depth: 9 }).split('\n    at ')[0]).not.toContain(password)
    }
    expect(readdirSync(folder)).not.toContain('nothing')
  })
})
