import type { SessionRecord } from '../../core/record/store.ts'

/** What the memory store holds for one record: the record, and its place in the structures around it. */
export class Entry {
  record: SessionRecord
  /** The bytes of the record that count against `maxBytes`. */
  bytes: number = 0
  /** The bucket of the expiry index that holds this entry; Infinity for an entry that never expires. */
  bucket: number = Number.POSITIVE_INFINITY
  /** The neighbours in the recency list of this entry's kind. */
  older: Entry | undefined
  newer: Entry | undefined

  constructor(record: SessionRecord) {
    this.record = record
  }
}

/**
 * The entries of one kind, the least recently active first.
 *
 * The entries themselves are the links of the list. A `Map` used for its order leaves a hole for each entry that
 * moves to the end, and a search for its first key has to skip all the holes.
 */
export class RecencyList {
  #oldest: Entry | undefined
  #newest: Entry | undefined

  get oldest(): Entry | undefined {
    return this.#oldest
  }

  /** Puts an entry that is in no list at the most recent end. */
  push(entry: Entry): void {
    entry.older = this.#newest
    if (this.#newest === undefined) this.#oldest = entry
    else this.#newest.newer = entry
    this.#newest = entry
  }

  remove(entry: Entry): void {
    if (entry.older === undefined) this.#oldest = entry.newer
    else entry.older.newer = entry.newer
    if (entry.newer === undefined) this.#newest = entry.older
    else entry.newer.older = entry.older
    entry.older = undefined
    entry.newer = undefined
  }

  /** Moves an entry of this list to its most recent end. */
  renew(entry: Entry): void {
    if (entry === this.#newest) return
    this.remove(entry)
    this.push(entry)
  }
}
