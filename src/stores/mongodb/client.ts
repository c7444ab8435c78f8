import { SojournError } from '../../core/report/errors.ts'

/** A document, as the driver takes and answers it. */
export interface Document {
  readonly [field: string]: unknown
}

/** What an operation may be told. */
export interface OperationOptions {
  /** How long it may take in all, also while it waits for a server or a connection. */
  readonly timeoutMS?: number
}

/** The part of a collection that the store uses. It is the same in versions 6 and 7 of the driver. */
export interface Collection {
  aggregate(pipeline: readonly Document[], options?: OperationOptions): Cursor
  find(
    filter: Document,
    options?: OperationOptions & { projection?: Document; sort?: Document; limit?: number },
  ): Cursor
  findOneAndUpdate(
    filter: Document,
    update: Document | readonly Document[],
    options: OperationOptions & {
      upsert?: boolean
      returnDocument: 'before' | 'after'
      includeResultMetadata: false
    },
  ): Promise<Document | null>
  replaceOne(
    filter: Document,
    document: Document,
    options: OperationOptions & { upsert: boolean },
  ): Promise<unknown>
  updateOne(
    filter: Document,
    update: Document | readonly Document[],
    options?: OperationOptions & { upsert?: boolean },
  ): Promise<{ readonly matchedCount: number }>
  updateMany(
    filter: Document,
    update: Document,
    options?: OperationOptions,
  ): Promise<{ readonly matchedCount: number }>
  deleteOne(filter: Document, options?: OperationOptions): Promise<{ readonly deletedCount: number }>
  createIndex(keys: Document, options: Document): Promise<unknown>
  readonly dbName: string
  readonly collectionName: string
}

interface Cursor {
  toArray(): Promise<Document[]>
}

export interface Database {
  collection(name: string): Collection
  command(command: Document, options?: OperationOptions): Promise<Document>
}

/** A `MongoClient` of the package `mongodb`. */
export interface Client {
  db(name: string | undefined, options: Document): Database
  readonly options?: { readonly retryWrites?: boolean }
}

/** The connection of Mongoose. It has no client until it is opened, and another one when it is opened again. */
interface Connection {
  asPromise(): Promise<unknown>
  getClient(): unknown
  readonly name?: string
}

/** The application's own `MongoClient`, or `mongoose.connection`. */
export type MongoClientLike = { db(...parameters: never[]): unknown } | Connection

/** Tells whether a value is a client that the store can use. */
export function isClient(value: unknown): boolean {
  const { db, getClient } = Object(value)
  return typeof getClient === 'function' || typeof db === 'function'
}

/** A client, and the name of its database; undefined where the client's URL has it. */
export interface Opened {
  readonly client: Client
  readonly name: string | undefined
}

/**
 * The client that the application has opened.
 *
 * @throws SojournError `STORE_UNUSABLE` for a connection of Mongoose that nobody has opened yet.
 * @throws SojournError `OPTION_INVALID` for a client that does not repeat a write whose answer was lost.
 */
export async function openedBy(handedIn: MongoClientLike): Promise<Opened> {
  const opened = 'getClient' in handedIn ? await ofMongoose(handedIn) : { client: handedIn, name: undefined }
  // `isClient` has seen the method.
  const { client, name } = opened as Opened
  refuseOneTry(client)
  return { client, name }
}

/** Mongoose knows the name of its database when it has connected. */
async function ofMongoose(connection: Connection): Promise<{ client: unknown; name: string | undefined }> {
  await connection.asPromise()
  const client = connection.getClient()
  if (isClient(client)) return { client, name: connection.name }
  throw new SojournError(
    'STORE_UNUSABLE',
    'Expected the connection of Mongoose to be open for the mongodb store, but nobody has opened it. Call `mongoose.connect` before the first request.',
  )
}

/** Refuses a client whose writes are tried once: their caller would be told of a wrong outcome. */
export function refuseOneTry(client: unknown): void {
  if (Object(client).options?.retryWrites !== false) return
  throw new SojournError(
    'OPTION_INVALID',
    'Expected `client` to repeat a write whose answer was lost, got one with `retryWrites: false`. Leave that option out.',
  )
}
