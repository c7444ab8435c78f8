import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from 'sojourn'
import { sqliteStore } from 'sojourn/sqlite'
import { fakeClock } from 'sojourn/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { SmallDisk } from '../../support/small-disk.ts'
import { describeSqlite, sqliteDrivers } from '../../support/sqlite.ts'
import { recordWith } from '../lmdb/record-with.ts'

const folder = mkdtempSync(join(tmpdir(), 'sojourn-sqlite-opening-'))
let made = 0
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const newPath = () => join(folder, `${++made}.db`)
const [, openFile] = sqliteDrivers[0] ?? []

test.each([
  [{}, 'either `path` or `database`'],
  [{ path: 'a', database: { prepare() {}, exec() {} } }, 'either `path` or `database`'],
  [{ path: '' }, '`path` to be the path of a file'],
  [{ path: 'a\0b' }, '`path` to be the path of a file'],
  [{ database: 'file.db' }, '`database` to be an open database'],
  [{ path: 'a', prefix: 'a"; DROP' }, '`prefix` to be a name'],
  [{ path: 'a', adoptTable: 'a b' }, '`adoptTable` to be a name'],
  [{ path: 'a', adopt: 'connect-sqlite3' }, '`adopt` and `adoptUntil` together'],
  [{ path: 'a', durability: 'sometimes' }, '`durability`'],
  [{ path: 'a', tabel: 1 }, 'tabel'],
])('a wrong option is refused: %j', (options, message) => {
  expect(() => sqliteStore(options as never)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
  expect(() => sqliteStore(options as never)).toThrow(message)
})

describeSqlite('a database', () => {
  test('is opened by its URL, with its options, and is there again', async () => {
    const path = newPath()
    const store = openStore(`sqlite:${path}?durability=committed&prefix=shop`)
    expect(await store.create(recordWith({ key: 'a' }))).toBe(true)
    await store.close()
    const again = openStore(`sqlite:${path}?prefix=shop`)
    expect(await again.load('a')).toMatchObject({ key: 'a' })
    expect(await again.load('b')).toBeUndefined()
    await again.close()
    const other = openStore(`sqlite:${path}`)
    expect(await other.load('a')).toBeUndefined()
    await other.close()
  })

  test('in a folder that does not exist is refused with what to do', () => {
    const open = () => sqliteStore({ path: join(folder, 'nowhere', 'a.db') })
    expect(open).toThrow(expect.objectContaining({ code: 'STORE_UNUSABLE' }))
    expect(open).toThrow('See that its folder exists')
  })

  test('that is no database is refused, and left as it is', () => {
    const path = newPath()
    writeFileSync(path, 'a letter to the editor, and quite a long one at that')
    expect(() => sqliteStore({ path })).toThrow('the file is no SQLite database')
    expect(existsSync(path)).toBe(true)
  })

  test('with a table of another shape is refused with the command that mends it', () => {
    const path = newPath()
    const database = openFile!(path)
    database.exec('CREATE TABLE sojourn_sessions (id INTEGER, ends INTEGER, subject TEXT)')
    const open = () => sqliteStore({ database })
    expect(open).toThrow(expect.objectContaining({ code: 'STORE_UNUSABLE' }))
    expect(open).toThrow('ALTER TABLE "sojourn_sessions" RENAME TO "sojourn_sessions_old"')
    database.exec('ALTER TABLE "sojourn_sessions" RENAME TO "sojourn_sessions_old"')
    expect(sqliteStore({ database }).create(recordWith({ key: 'a' }))).toBe(true)
    database.close()
  })

  test('that another connection holds is a failure with a reason, and works afterwards', () => {
    const path = newPath()
    const other = openFile!(path)
    const database = openFile!(path)
    database.exec('PRAGMA busy_timeout = 0')
    const store = sqliteStore({ database })
    other.exec('BEGIN IMMEDIATE')
    expect(() => store.create(recordWith({ key: 'a' }))).toThrow('another process has held it for too long')
    other.exec('COMMIT')
    expect(store.create(recordWith({ key: 'a' }))).toBe(true)
    other.close()
    database.close()
  })

  test('that was closed says so, and closing twice is no error', () => {
    const store = sqliteStore({ path: newPath() })
    store.close()
    store.close()
    expect(() => store.load('a')).toThrow('it has been closed')
    expect(store.closed.aborted).toBe(true)
  })

  test('that the application has handed in stays open', () => {
    const database = openFile!(newPath())
    sqliteStore({ database }).close()
    expect(sqliteStore({ database }).create(recordWith({ key: 'a' }))).toBe(true)
    database.close()
  })

  test('holds no id, no subject as text, and no text that could be SQL', () => {
    const path = newPath()
    const store = sqliteStore({ path })
    const subject = `ada'; DROP TABLE sojourn_sessions; --`
    store.create(recordWith({ key: 'a', subject }))
    expect(store.ofSubject(subject).sessions).toHaveLength(1)
    expect(store.ofSubject('ada').sessions).toEqual([])
    store.close()
  })
})

const problem = SmallDisk.problem()
describe.skipIf(problem !== undefined || openFile === undefined)('a disk', () => {
  test('that is full fails writes with a reason, loses nothing, and works again when there is room', () => {
    const disk = new SmallDisk(8)
    const store = sqliteStore({ path: join(disk.folder, 'a.db'), clock: fakeClock() })
    const kept: string[] = []
    const write = (key: string) => {
      store.create(recordWith({ key, expiresAt: 9e15, data: 'x'.repeat(20_000) }))
      kept.push(key)
    }
    expect(() => {
      for (let index = 0; ; index += 1) write(`${index}`)
    }).toThrow('the disk is full')
    expect(kept.length).toBeGreaterThan(10)
    expect(kept.filter(key => store.load(key) === undefined)).toEqual([])
    disk.grow(16)
    write('after')
    expect(kept.filter(key => store.load(key) === undefined)).toEqual([])
    store.close()
    disk.remove()
  })

  test('that cannot be written to refuses writes with a reason, and is refused when the store is made', () => {
    const disk = new SmallDisk(8)
    const path = join(disk.folder, 'a.db')
    sqliteStore({ path }).close()
    disk.protect()
    expect(() => sqliteStore({ path })).toThrow(/cannot be written to|cannot be opened/)
    disk.remove()
  })
})

describeSqlite('sessions of connect-sqlite3', () => {
  const id = 'an id that the old software has made'
  const text = JSON.stringify({
    cookie: { originalMaxAge: 60_000, expires: '2030-01-01T00:01:00.000Z' },
    user: 'ada',
  })

  function withOld(now = Date.parse('2030-01-01')) {
    const database = openFile!(newPath())
    // As the package makes it.
    database.exec('CREATE TABLE sessions (sid PRIMARY KEY, expired, sess)')
    database.prepare('INSERT INTO sessions VALUES (?, ?, ?)').run(id, now + 60_000, text)
    const clock = fakeClock(now)
    const store = sqliteStore({ database, clock, adopt: 'connect-sqlite3', adoptUntil: now + 1e9 })
    const left = () => database.prepare('SELECT sid FROM sessions').all().length
    return { store, database, clock, left }
  }

  test('are found until they expire, and stay where they are', () => {
    const { store, clock, left } = withOld()
    expect(store.findForeign(id)).toEqual({ text, expiresAt: clock.now() + 60_000 })
    expect(store.findForeign('another')).toBeUndefined()
    clock.jump(60_000)
    expect(store.findForeign(id)).toBeUndefined()
    expect(left()).toBe(1)
  })

  test('are moved by one of many takers, once', () => {
    const { store, left } = withOld()
    const foreign = store.findForeign(id)!
    const record = recordWith({ key: 'a', expiresAt: 9e15 })
    expect(store.takeOver({ id, foreign, record })).toBe(true)
    expect([left(), store.load('a')?.key]).toEqual([0, 'a'])
    expect(store.takeOver({ id, foreign, record })).toBe(false)
    expect(store.load('a')?.key).toBe('a')
  })

  test('stay if they have changed, or if the key is taken', () => {
    const { store, left } = withOld()
    const foreign = store.findForeign(id)!
    const record = recordWith({ key: 'a', expiresAt: 9e15 })
    expect(store.takeOver({ id, foreign: { ...foreign, text: 'older' }, record })).toBe(false)
    store.create(record)
    expect(store.takeOver({ id, foreign, record })).toBe(false)
    expect(left()).toBe(1)
    store.forgetForeign(id)
    expect(left()).toBe(0)
  })
})
