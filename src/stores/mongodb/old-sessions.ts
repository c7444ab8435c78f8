import type { ForeignSession, StoreCall } from '../../core/record/store.ts'
import type { Document } from './client.ts'
import type { Collections } from './collections.ts'

/** The sessions of connect-mongo: text, or documents with `stringify: false`. */
export class OldSessions {
  readonly #collections: Collections

  constructor(collections: Collections) {
    this.#collections = collections
  }

  async find(id: string, now: number, call?: StoreCall): Promise<ForeignSession | undefined> {
    const found = await this.#read(id, call)
    const text = textOf(found)
    if (found === undefined || text === undefined) return undefined
    const expiresAt = found.expires instanceof Date ? found.expires.getTime() : undefined
    return expiresAt !== undefined && expiresAt <= now ? undefined : { text, expiresAt }
  }

  /** Removes a session if it still is as it was found. */
  async remove(id: string, { text }: ForeignSession, call?: StoreCall): Promise<boolean> {
    const found = await this.#read(id, call)
    if (found === undefined || textOf(found) !== text) return false
    const unchanged = { _id: id, session: { $eq: found.session } }
    const { deletedCount } = await this.#collections.run(
      ({ old }, options) => old.deleteOne(unchanged, options),
      call,
    )
    return deletedCount === 1
  }

  async forget(id: string, call?: StoreCall): Promise<void> {
    await this.#collections.run(({ old }, options) => old.deleteOne({ _id: id }, options), call)
  }

  async #read(id: string, call: StoreCall | undefined): Promise<Document | undefined> {
    const [found] = await this.#collections.run(
      ({ old }, options) => old.find({ _id: id }, options).toArray(),
      call,
    )
    return found
  }
}

function textOf(document: Document | undefined): string | undefined {
  const session = document?.session
  if (typeof session === 'object' && session !== null) return JSON.stringify(session)
  return typeof session === 'string' ? session : undefined
}
