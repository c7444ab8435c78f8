import { isError, SojournError } from '../../core/report/errors.ts'
import type { Collection, Database, Document } from './client.ts'

/** The wire protocol of MongoDB 6, the oldest version that the store is made for. */
const oldestWire = 17
/** How much later than by our clock the server removes a document: the two clocks differ. */
const graceSeconds = 60
/** So that a server that does not answer is asked again. An index of a new collection is made at once. */
const timeoutMS = 60_000
/** There is another index with these keys, or of this name. */
const otherWithKeys = 85
const otherOfName = 86

/** The collections of a store, with the names that its options give them. */
export interface Places {
  readonly sessions: Collection
  readonly epochs: Collection
  readonly leases: Collection
  /** Where connect-mongo has its sessions. */
  readonly old: Collection
}

/** Looks at the server and makes the indexes, once, and again until that has worked. */
export class SettingUp {
  readonly #database: Database
  readonly #places: Places
  #underWay: Promise<void> | undefined
  #isDone = false

  constructor(database: Database, places: Places) {
    this.#database = database
    this.#places = places
  }

  /** The collections, when they are ready. */
  async done(): Promise<Places> {
    if (this.#isDone) return this.#places
    this.#underWay ??= this.#setUp().finally(() => {
      this.#underWay = undefined
    })
    await this.#underWay
    return this.#places
  }

  async #setUp(): Promise<void> {
    checkServer(await this.#database.command({ hello: 1 }, { timeoutMS }))
    const { sessions, epochs, leases } = this.#places
    const ofSubject = { partialFilterExpression: { subject: { $exists: true } } }
    await Promise.all([
      ...[sessions, epochs, leases].map(each =>
        makeIndex(each, 'removeAt', { expireAfterSeconds: graceSeconds }),
      ),
      makeIndex(sessions, 'subject', ofSubject),
    ])
    this.#isDone = true
  }
}

/** A router of a sharded cluster says `isdbgrid`, a member of a replica set the name of the set. */
function checkServer({ maxWireVersion, setName, msg }: Document): void {
  if (Number(maxWireVersion) < oldestWire) {
    throw unusable('a server of MongoDB 6 or newer for the mongodb store, but it is older. Update it.')
  }
  if (setName === undefined && msg !== 'isdbgrid') {
    throw unusable(
      'a replica set for the mongodb store, but the server is none, and the driver repeats no lost write there. A single server can be one: start it with --replSet, and call rs.initiate().',
    )
  }
}

async function makeIndex(collection: Collection, field: string, options: Document): Promise<void> {
  try {
    await collection.createIndex({ [field]: 1 }, { ...options, timeoutMS })
  } catch (error) {
    const code = isError(error) && 'code' in error ? error.code : undefined
    if (code === otherWithKeys) throw wrongIndex(collection, field, `{ ${field}: 1 }`)
    if (code === otherOfName) throw wrongIndex(collection, field, `'${field}_1'`)
    throw error
  }
}

function wrongIndex({ dbName, collectionName }: Collection, field: string, which: string): SojournError {
  return unusable(
    `the index on \`${field}\` of the collection \`${collectionName}\` to be one of Sojourn, but it has other options. Remove it: db.getSiblingDB('${dbName}').getCollection('${collectionName}').dropIndex(${which})`,
  )
}

function unusable(expected: string): SojournError {
  return new SojournError('STORE_UNUSABLE', `Expected ${expected}`)
}
