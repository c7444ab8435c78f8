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
  deleteMany(filter: Document, options?: OperationOptions): Promise<unknown>
  createIndex(keys: Document, options: Document): Promise<unknown>
}

interface Cursor {
  toArray(): Promise<Document[]>
}

interface Database {
  collection(name: string, options: Document): Collection
  command(command: Document, options?: OperationOptions): Promise<Document>
}

/** A `MongoClient` of the package `mongodb`. */
interface Client {
  db(name?: string): Database
  readonly options?: { readonly retryWrites?: boolean }
}

/** The application's own `MongoClient`, or `mongoose.connection`. */
export type MongoClientLike =
  | { db(...parameters: never[]): unknown }
  | { getClient(): unknown; readonly name?: string | null }

/** Tells whether a value is a client that the store can use. */
export function isClient(value: unknown): boolean {
  const { db, getClient } = Object(value)
  return typeof getClient === 'function' || typeof db === 'function'
}

/** Whether a client does not repeat a write whose answer was lost, so that its caller is told of a wrong outcome. */
export function repeatsNoWrites(client: MongoClientLike): boolean {
  return clientOf(client)?.options?.retryWrites === false
}

/**
 * The database of a client: of the given name, or of the name that the client has itself. Waits for Mongoose, which has no
 * client before it connects.
 */
export async function databaseOf(client: MongoClientLike, name: string | undefined): Promise<Database> {
  const connection: Connection = 'getClient' in client ? client : {}
  if (clientOf(client) === undefined) await connection.asPromise?.()
  const found = clientOf(client)
  if (found === undefined) throw new Error('Mongoose is not connected. Call `mongoose.connect` first.')
  return found.db(name ?? connection.name ?? undefined)
}

/** The part of a connection of Mongoose that the store uses. */
interface Connection {
  readonly name?: string | null
  asPromise?(): Promise<unknown>
}

function clientOf(client: MongoClientLike): Client | undefined {
  return ('getClient' in client ? client.getClient() : client) as Client | undefined
}
