import { createPool } from 'mysql2/promise'
import { openStore } from 'sojourn'
import { mysqlSchema, mysqlStore } from 'sojourn/mysql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeService } from '../../support/services/commands.ts'
import { owner } from '../../support/services/database-server.ts'
import { MariadbServer } from '../../support/services/mariadb.ts'
import { recordWith } from '../lmdb/record-with.ts'

const password = 'p4ssw0rd'
const pool = { getConnection() {} }

describe('wrong options of the MySQL store', () => {
  test.each([
    [{}, '`pool`'],
    [{ pool: 'mysql://user:p4ssw0rd@host' }, '`pool`'],
    [{ pool, prefix: 'a"; DROP' }, '`prefix`'],
    [{ pool, adoptTable: 'a.b' }, '`adoptTable`'],
    [{ pool, adopt: 'express-mysql-session' }, '`adopt` and `adoptUntil` together'],
    [{ pool, createTables: 'no' }, '`createTables`'],
    [{ pool, tabel: 1 }, 'tabel'],
  ])('are refused: %j', (options, message) => {
    const make = () => mysqlStore(options as never)
    expect(make).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
    expect(make).toThrow(message)
    expect(make).not.toThrow(password)
  })

  test.each([
    `mysql:${password}`,
    `mysql://user:${password}`,
    `mysql://user:${password}@host/db?waitForConnections=1`,
    `mysql://user:p@ss/${password}@host:port/db`,
  ])('are refused in a URL, which is not quoted: %s', url => {
    const make = () => openStore(url)
    expect(make).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
    expect(make).not.toThrow(password)
  })
})

describeService('a server of MariaDB', 'mariadbd', () => {
  let server: MariadbServer
  beforeAll(async () => {
    server = await MariadbServer.start()
  })
  afterAll(() => server.stop())

  /** The error of `ready`, of a store that is opened by a URL. */
  async function problemWith(url: string): Promise<{ code?: string; message?: string; cause?: unknown }> {
    const store = openStore(url)
    const problem = await store.ready?.().then(
      () => ({}),
      error => error,
    )
    await store.close()
    expect(JSON.stringify([problem?.message, String(problem?.cause)])).not.toContain(password)
    return problem
  }

  test('is reached by its URL, and is ready', async () => {
    const store = openStore(`${server.url}?prefix=shop`)
    await store.ready?.()
    expect(await store.create(recordWith({ key: 'a', expiresAt: 9e15 }))).toBe(true)
    await store.close()
    expect(await server.query('SELECT `key` FROM shop.shop_sessions')).toBe('a')
  })

  test.each([
    [
      'another password',
      ({ port }: MariadbServer) => `mysql://shop:${password}@127.0.0.1:${port}/shop`,
      'user or the password',
    ],
    ['another database', ({ url }: MariadbServer) => url.replace(/\/shop$/, '/elsewhere'), 'may not do this'],
    ['nobody at the address', () => `mysql://shop:${password}@127.0.0.1:1/shop`, 'nobody answers'],
    [
      'a machine that does not exist',
      () => `mysql://shop:${password}@nowhere.invalid/shop`,
      'no machine of its name',
    ],
  ])('with %s is told at startup', async (_what, urlOf, reason) => {
    const problem = await problemWith(urlOf(server))
    expect(problem.code).toBe('STORE_UNUSABLE')
    expect(problem.message).toContain(reason)
  })

  test('that is read-only is told at startup, and works when it is not any more', async () => {
    await server.restart({ 'read-only': 'ON' })
    expect((await problemWith(`${server.url}?prefix=locked`)).message).toContain('read-only')
    await server.restart()
    expect(await problemWith(`${server.url}?prefix=locked`)).toEqual({})
  })

  test('whose user may not make tables is told so, and takes those that another user has made', async () => {
    const lesser = {
      name: 'lesser',
      password: 'of-lesser',
      rights: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] as const,
    }
    await server.addUser(lesser)
    const url = `${server.urlFor(lesser)}?prefix=given`
    expect((await problemWith(url)).message).toContain('may not do this')
    for (const statement of mysqlSchema('given')) await server.queryAs(owner, statement)
    const lesserPool = createPool({ uri: server.urlFor(lesser) })
    const store = mysqlStore({ pool: lesserPool, prefix: 'given', createTables: false })
    expect(await store.create(recordWith({ key: 'a', expiresAt: 9e15, subject: 'ada' }))).toBe(true)
    await lesserPool.end()
  })

  test('with a table of another shape is told so', async () => {
    await server.queryAs(owner, 'CREATE TABLE odd_sessions (id int, ends int, subject int)')
    expect((await problemWith(`${server.url}?prefix=odd`)).message).toContain('another shape')
  })

  test('keeps no id and no subject in the open', async () => {
    const store = openStore(`${server.url}?prefix=hidden`)
    const subject = `ada'; DROP TABLE hidden_sessions; --`
    await store.create(recordWith({ key: 'a', expiresAt: 9e15, subject }))
    expect((await store.ofSubject(subject)).sessions).toHaveLength(1)
    expect((await store.ofSubject('ada')).sessions).toEqual([])
    await store.close()
  })
})
