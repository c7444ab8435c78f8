import { setImmediate } from 'node:timers/promises'
import { isError } from '../../core/report/errors.ts'
import type { Part } from './engine.ts'

/** Something that is kept under a name until its time is over. */
interface Ending {
  readonly expiresAt: number
}

/** How the items of a table become bytes, and what else is written with them. */
export interface TableForm<Item> {
  encode(item: Item): Buffer
  /** The bytes are only lent: at the next read they are others. */
  decode(name: string, bytes: Buffer): Item
  /** Writes what depends on an item, in the transaction in which one takes the place of the other. */
  accompany?(name: string, from: Item | undefined, to: Item | undefined): void
}

type EndKey = [expiresAt: number, name: string]

/** What a table asks of the file as a whole. */
export interface TableAccess {
  /** Lets the next read see what every process has written by now. Throws once the file is closed. */
  refresh(): void
  /** Comes before each write. Throws when the disk is too full for it. */
  beforeWrite(): void
}

/** The parts of the file that a table is kept in. */
export interface TableFiles extends TableAccess {
  readonly items: Part<string>
  /** A key for each item that ends, in the order in which they end. */
  readonly ends: Part<EndKey>
}

/** An item, and the stamp that whoever changes it has to name. */
export interface Found<Item> {
  readonly item: Item
  readonly stamp: number
}

/** A change of one item. */
export interface Exchange<Item> {
  readonly name: string
  /** What was read under the name; undefined where there was nothing. */
  readonly found: Found<Item> | undefined
  /** What takes its place; undefined removes it. */
  readonly next: Item | undefined
}

const present = Buffer.of(1)
const stampBytes = 8
/** Comes behind every name. */
const lastName = '\u{10ffff}'
/** With all that it is put together with, it is short enough for the engine, whatever its characters are. */
const longestName = 400
/** How many items one step of a sweep removes: the more at once, the less each one costs, and the longer others wait. */
const sweepStep = 2000
/** How many of them are asked for without letting others through: a few milliseconds of work. */
const sweepSlice = 250
/** How many names a stream reads in one go. */
const pageSize = 100

/**
 * Items by name, each with one entry in the order of ends. All that belongs to one change moves in one transaction,
 * which happens only if the item is still what was read, whichever process has written it.
 */
export class Table<Item extends Ending> {
  readonly #files: TableFiles
  readonly #form: TableForm<Item>

  constructor(files: TableFiles, form: TableForm<Item>) {
    this.#files = files
    this.#form = form
  }

  /** Finds an item as it is now, whether or not its time is over. */
  find(name: string): Found<Item> | undefined {
    this.#files.refresh()
    const bytes = this.#files.items.getBinaryFast(name)
    if (bytes === undefined) return undefined
    return {
      item: this.#form.decode(name, bytes.subarray(stampBytes, bytes.length)),
      stamp: bytes.readDoubleLE(0),
    }
  }

  /** Makes a change. Answers false, and changes nothing, when somebody else was quicker. */
  exchange({ name, found, next }: Exchange<Item>): Promise<boolean> {
    const { items } = this.#files
    this.#files.beforeWrite()
    // What fails within the transaction does not undo what was written in it before.
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

  /** Streams every name, in steps. What comes and goes meanwhile may be missed. */
  *names(): Generator<string> {
    let page = this.#page()
    while (page.length > 0) {
      yield* page
      page = this.#page(page.at(-1))
    }
  }

  /** Removes what is over, the longest first, and lets others through meanwhile. Answers how many it removed. */
  async sweep(now: number, limit: number): Promise<number> {
    let removed = 0
    while (removed < limit) {
      const ends = this.#over(now, Math.min(sweepStep, limit - removed))
      if (ends.length === 0) break
      removed += await this.#endEach(ends)
    }
    return removed
  }

  /** Never an iterator that stays open: it would hold on to the file as it was, and the file would grow. */
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
      // It may fail while others are let through. Whoever waits for all of them is told.
      removal.catch(() => undefined)
      removals.push(removal)
    }
    return (await Promise.all(removals)).filter(isRemoved => isRemoved).length
  }

  async #end([expiresAt, name]: EndKey): Promise<boolean> {
    const found = this.find(name)
    if (found?.item.expiresAt === expiresAt) return await this.exchange({ name, found, next: undefined })
    this.#files.beforeWrite()
    // The item has another end by now, and this one went with it; or it is left from damage, and would be met again.
    await this.#files.ends.remove([expiresAt, name])
    return false
  }

  #moveEnd(name: string, from: number | undefined, to: number | undefined): void {
    if (from === to) return
    if (from !== undefined) void this.#files.ends.remove([from, name])
    if (to !== undefined) void this.#files.ends.put([to, name], present)
  }
}

/** What never ends has no place among the ends. */
function endOf(item: Ending | undefined): number | undefined {
  return item !== undefined && Number.isFinite(item.expiresAt) ? item.expiresAt : undefined
}

/** The engine has the stamp too, and asking it for both costs twice as much. */
function stamped(bytes: Buffer, stamp: number): Buffer {
  const whole = Buffer.allocUnsafe(stampBytes + bytes.length)
  whole.writeDoubleLE(stamp, 0)
  bytes.copy(whole, stampBytes)
  return whole
}

/** Not a count: a name that was removed and is taken again must not come by the same stamp. */
function newStamp(): number {
  return 1 + Math.random()
}

/** The engine says in a promise beside the error what went wrong. */
async function settled(writing: Promise<boolean>): Promise<boolean> {
  try {
    return await writing
  } catch (error) {
    if (isError(error) && 'commitError' in error) await error.commitError
    throw error
  }
}
