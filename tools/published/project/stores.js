import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { MongoStore } from 'connect-mongo'
import { RedisStore } from 'connect-redis'
import mongoose from 'mongoose'
import { recordingPool } from './recording-pool.js'
import { recordingRedis } from './recording-redis.js'

const require = createRequire(import.meta.url)

/**
 * Opens a published store by its package's name, as its README says. `records()` tells what the store has
 * written, read past the store itself; `discard()` removes whatever would outlive the process.
 */
export function openStore(options) {
  const open = openers[options.store]
  if (!open) throw new Error(`Expected one of ${Object.keys(openers).join(', ')}, got ${options.store}`)
  return open(require('express-session'), options)
}

const openers = {
  memorystore: openMemoryStore,
  'session-file-store': openFileStore,
  'connect-mongo': openMongoStore,
  'connect-redis': openRedisStore,
  'connect-pg-simple': openPostgresStore,
  MemoryStore: openExportedStore,
}

function openExportedStore(session) {
  const store = new session.MemoryStore()
  const all = promisify(callback => store.all(callback))
  const records = async () => Object.entries(await all()).map(([key, payload]) => ({ key, payload }))
  return { store, records }
}

function openMemoryStore(session) {
  const MemoryStore = require('memorystore')(session)
  const store = new MemoryStore({ checkPeriod: 60_000 })
  const records = () => store.store.dump().map(({ k, v, e }) => ({ key: k, payload: v, expiresAt: e }))
  return { store, records }
}

function openFileStore(session, { folder }) {
  const FileStore = require('session-file-store')(session)
  const store = new FileStore({ path: folder, retries: 0, logFn() {} })
  return { store, records: () => recordsInFolder(folder) }
}

async function recordsInFolder(folder) {
  const names = (await readdir(folder)).filter(name => name.endsWith('.json'))
  const read = async name => ({ key: name, payload: await readFile(join(folder, name), 'utf8') })
  return Promise.all(names.map(read))
}

async function openMongoStore(_session, { mongoUrl, database, storeOptions }) {
  await mongoose.connect(mongoUrl, { dbName: database })
  const client = mongoose.connection.getClient()
  const store = MongoStore.create({ client, dbName: database, ...storeOptions })
  const collection = client.db(database).collection('sessions')
  const records = async () => (await collection.find().toArray()).map(document => withDatesNamed(document))
  return { store, records, discard: () => mongoose.connection.dropDatabase() }
}

/** A date in a document must not look like a text that holds the same date. */
function withDatesNamed(value) {
  if (value instanceof Date) return { date: value.toISOString() }
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(withDatesNamed)
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withDatesNamed(inner)]))
}

function openRedisStore() {
  const client = recordingRedis()
  return { store: new RedisStore({ client, prefix: 'shop:' }), ...client.recording }
}

function openPostgresStore(session) {
  const PostgresStore = require('connect-pg-simple')(session)
  const pool = recordingPool()
  return { store: new PostgresStore({ pool, pruneSessionInterval: false }), ...pool.recording }
}
