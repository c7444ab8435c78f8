import { setImmediate } from 'node:timers/promises'
import { isError } from '../../core/report/errors.ts'
import type { Part } from './engine.ts'

/** An item that a table keeps until it expires. */
interface Ending {
  readonly expiresAt: number
}

/** How to turn the items of a table into bytes, and what else to write with them. */
export interface TableForm<Item> {
  encode(item: Item): Buffer
  /** The bytes are valid only during the call: the next read overwrites them. */
  decode(name: string, bytes: Buffer): Item
  /** Writes what depends on an item, in the transaction that replaces `from` by `to`. */
  accompany?(name: string, from: Item | undefined, to: Item | undefined): void
}

type EndKey = [expiresAt: number, name: string]

/** What a table needs from the file as a whole. */
export interface TableAccess {
  /** Makes the next read see every write of any process so far. Throws once the file is closed. */
  refresh(): void
  /** Runs before each write. Throws when the disk is too full. */
  beforeWrite(): void
}

/** The parts of the file that hold a table. */
export interface TableFiles extends TableAccess {
  readonly items: Part<string>
  /** One entry for each item that expires, ordered by expiry. */
  readonly ends: Part<EndKey>
}

/** An item, and the stamp that a change of it must name. */
export interface Found<Item> {
  readonly item: Item
  readonly stamp: number
}

/** A change to one item. */
export interface Exchange<Item> {
  readonly name: string
  /** The item that the caller has read; undefined where there was none. */
  readonly found: Found<Item> | undefined
  /** The item that replaces it; undefined to remove it. */
  readonly next: Item | undefined
}

const present = Buffer.of(1)
const stampBytes = 8
/** Sorts after every name. */
const lastName = '\u{10ffff}'
/** Short enough for the engine's limit on keys, whatever its characters and whatever the key combines it with. */
const longestName = 400
/** How many items one step of a sweep removes. More at once cost less each, but other writes wait longer. */
const sweepStep = 2000
/** How many removals a sweep requests before it yields to the event loop: a few milliseconds of work. */
const sweepSlice = 250
/** How many names a stream reads at once. */
const pageSize = 100

/**
 * Items by name, each with one entry in an index by expiry. Everything that belongs to one change is written in one
 * transaction, which succeeds only if no process has changed the item since the caller read it.
 */
export class Table<Item extends Ending> {
  readonly #files: TableFiles
  readonly #form: TableForm<Item>

  constructor(files: TableFiles, form: TableForm<Item>) {
    this.#files = files
    this.#form = form
  }

  /** Finds an item as it is now, whether or not it has expired. */
  find(name: string): Found<Item> | undefined {
    this.#files.refresh()
    const bytes = this.#files.items.getBinaryFast(name)
    if (bytes === undefined) return undefined
    return {
      item: this.#form.decode(name, bytes.subarray(stampBytes, bytes.length)),
      stamp: bytes.readDoubleLE(0),
    }
  }

  /** Makes a change. Answers false, and changes nothing, on a conflict with another write. */
  exchange({ name, found, next }: Exchange<Item>): Promise<boolean> {
    const { items } = this.#files
    this.#files.beforeWrite()
    // Checked before the transaction, because an error inside it does not undo its earlier writes.
    if (name.length > longestName) throw new Error(`Expected a key of at most ${longestName} characters.`)
    const stamp = newStamp()
    const bytes = next && stamped(this.#form.encode(next), stamp)
    const write = (): void => {
      if (bytes === undefined) void items.remove(name)
      else void items.put(name, bytes, stamp)
      this.#moveEnd(name, endOf(found?.item), endOf(next))
      this.#form.accompany?.(name, found?.item, next)
    }
    return settled(
      found === undefined ? items.ifNoExists(name, write) : items.ifVersion(name, found.stamp, write),
    )
  }

  /** Streams every name, page by page. It may miss names that are added or removed meanwhile. */
  *names(): Generator<string> {
    let page = this.#page()
    while (page.length > 0) {
      yield* page
      page = this.#page(page.at(-1))
    }
  }

  /** Removes expired items, the longest expired first, and yields to the event loop meanwhile. Answers how many it removed. */
  async sweep(now: number, limit: number): Promise<number> {
    let removed = 0
    while (removed < limit) {
      const ends = this.#over(now, Math.min(sweepStep, limit - removed))
      if (ends.length === 0) break
      removed += await this.#endEach(ends)
    }
    return removed
  }

  /** When the first item expires; undefined if none does. */
  firstEnd(): number | undefined {
    this.#files.refresh()
    const [first] = this.#files.ends.getKeys({ limit: 1 })
    return first?.[0]
  }

  /** Reads a page at once: an open iterator would pin the present state of the file, and the file would grow. */
  #page(after?: string): string[] {
    this.#files.refresh()
    const range = after === undefined ? {} : { start: after, exclusiveStart: true }
    return [...this.#files.items.getKeys({ ...range, limit: pageSize })]
  }

  #over(now: number, limit: number): EndKey[] {
    this.#files.refresh()
    return [...this.#files.ends.getKeys({ end: [now, lastName], limit })]
  }

  async #endEach(ends: readonly EndKey[]): Promise<number> {
    const removals: Promise<boolean>[] = []
    for (const [index, end] of ends.entries()) {
      if (index > 0 && index % sweepSlice === 0) await setImmediate()
      const removal = this.#end(end)
      // It may reject while the loop yields, before anything awaits it. `Promise.all` below reports the error.
      removal.catch(() => undefined)
      removals.push(removal)
    }
    return (await Promise.all(removals)).filter(isRemoved => isRemoved).length
  }

  async #end([expiresAt, name]: EndKey): Promise<boolean> {
    const found = this.find(name)
    if (found?.item.expiresAt === expiresAt) return await this.exchange({ name, found, next: undefined })
    this.#files.beforeWrite()
    // Another write moved the end and removed this entry; or damage left the entry behind, and every sweep would find it.
    await this.#files.ends.remove([expiresAt, name])
    return false
  }

  #moveEnd(name: string, from: number | undefined, to: number | undefined): void {
    if (from === to) return
    if (from !== undefined) void this.#files.ends.remove([from, name])
    if (to !== undefined) void this.#files.ends.put([to, name], present)
  }
}

/** When an item expires; undefined for an item that never does, which has no entry in the index. */
function endOf(item: Ending | undefined): number | undefined {
  return item !== undefined && Number.isFinite(item.expiresAt) ? item.expiresAt : undefined
}

/** Puts the stamp before the bytes. The engine stores it too, but reading both from the engine costs twice as much. */
function stamped(bytes: Buffer, stamp: number): Buffer {
  const whole = Buffer.allocUnsafe(stampBytes + bytes.length)
  whole.writeDoubleLE(stamp, 0)
  bytes.copy(whole, stampBytes)
  return whole
}

/** A random number and not a count, so that a name that is removed and created again gets another stamp. */
function newStamp(): number {
  return 1 + Math.random()
}

/** Rethrows the cause of an error, which the engine puts into a promise beside it. */
async function settled(writing: Promise<boolean>): Promise<boolean> {
  try {
    return await writing
  } catch (error) {
    if (isError(error) && 'commitError' in error) await error.commitError
    throw error
  }
}
