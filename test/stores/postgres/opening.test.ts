import pg from 'pg'
import { openStore } from 'sojourn'
import { postgresSchema, postgresStore } from 'sojourn/postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeService } from '../../support/services/commands.ts'
import { owner } from '../../support/services/database-server.ts'
import { PostgresServer } from '../../support/services/postgres.ts'
import { recordWith } from '../lmdb/record-with.ts'

const password = 'p4ssw0rd'
const query = () => Promise.resolve([])

describe('wrong options of the PostgreSQL store', () => {
  test.each([
    [{}, '`client`'],
    [{ client: 'postgres://user:p4ssw0rd@host' }, '`client`'],
    [{ client: query, prefix: 'a"; DROP' }, '`prefix`'],
    [{ client: query, adoptTable: 'a b' }, '`adoptTable`'],
    [{ client: query, adopt: 'connect-pg-simple' }, '`adopt` and `adoptUntil` together'],
    [{ client: query, createTables: 'no' }, '`createTables`'],
    [{ client: query, tabel: 1 }, 'tabel'],
  ])('are refused: %j', (options, message) => {
    const make = () => postgresStore(options as never)
    expect(make).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
    expect(make).toThrow(message)
    expect(make).not.toThrow(password)
  })

  test.each([
    `postgres:${password}`,
    `postgres://user:${password}`,
    `postgres://user:${password}@host/db?pool=1`,
    `postgres://user:p@ss/${password}@host:port/db`,
  ])('are refused in a URL, which is not quoted: %s', url => {
    const make = () => openStore(url)
    expect(make).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
    expect(make).not.toThrow(password)
  })
})

describeService('a server of PostgreSQL', 'postgres', () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await PostgresServer.start()
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
    expect(await server.query('SELECT key FROM shop_sessions')).toBe('a')
  })

  test.each([
    [
      'another password',
      ({ port }: PostgresServer) => `postgres://shop:${password}@127.0.0.1:${port}/shop`,
      'user or the password',
    ],
    [
      'another database',
      ({ url }: PostgresServer) => url.replace(/\/shop$/, '/elsewhere'),
      'no database of this name',
    ],
    ['nobody at the address', () => `postgres://shop:${password}@127.0.0.1:1/shop`, 'nobody answers'],
    [
      'a machine that does not exist',
      () => `postgres://shop:${password}@nowhere.invalid/shop`,
      'no machine of its name',
    ],
    [
      'encryption that the server does not have',
      ({ url }: PostgresServer) => `${url}?sslmode=require`,
      'encrypted connection',
    ],
  ])('with %s is told at startup', async (_what, urlOf, reason) => {
    const problem = await problemWith(urlOf(server))
    expect(problem.code).toBe('STORE_UNUSABLE')
    expect(problem.message).toContain(reason)
  })

  test('that is read-only is told at startup, and works when it is not any more', async () => {
    await server.restart({ default_transaction_read_only: 'on' })
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
    for (const statement of postgresSchema('given')) await server.queryAs(owner, statement)
    const pool = new pg.Pool({ connectionString: server.urlFor(lesser) })
    const store = postgresStore({ client: pool, prefix: 'given', createTables: false })
    expect(await store.create(recordWith({ key: 'a', expiresAt: 9e15, subject: 'ada' }))).toBe(true)
    await pool.end()
  })

  test('with a table of another shape is told so', async () => {
    await server.queryAs(owner, 'CREATE TABLE odd_sessions (id int, due int, subject text)')
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
