import type { Entry } from './recency.ts'

/** The time that one bucket covers, and so the longest that an expired entry stays. */
const bucketMs = 10_000

/**
 * Entries by the time at which they expire, in buckets of ten seconds, so that a sweep never searches through live
 * entries.
 *
 * An entry whose end moves later stays in its bucket until a sweep visits that bucket. So activity costs nothing
 * here, and a sweep visits an entry once per timeout, however often it is touched.
 */
export class ExpiryIndex {
  readonly #buckets = new Map<number, Set<Entry>>()
  /** Every bucket before this one is empty. */
  #first = Number.POSITIVE_INFINITY

  /** When the first entries may expire, or earlier; undefined if none can. */
  get nextAt(): number | undefined {
    let first = Number.POSITIVE_INFINITY
    for (const number of this.#buckets.keys()) first = Math.min(first, number)
    return Number.isFinite(first) ? first * bucketMs : undefined
  }

  /** Makes sure that a sweep finds the entry when its record expires, or before. */
  keep(entry: Entry): void {
    if (bucketAt(entry.record.expiresAt) < entry.bucket) this.#move(entry)
  }

  remove(entry: Entry): void {
    const bucket = this.#buckets.get(entry.bucket)
    if (bucket === undefined) return
    bucket.delete(entry)
    if (bucket.size === 0) this.#buckets.delete(entry.bucket)
    entry.bucket = Number.POSITIVE_INFINITY
  }

  /** Visits the entries of every bucket that began by `now`: all expired entries, and a few that are not. */
  begunBy(now: number): Generator<Entry> {
    return this.#visit(bucketAt(now))
  }

  /** Relies on the caller to remove each entry whose record is over. */
  *#visit(last: number): Generator<Entry> {
    for (const number of this.#numbersUpTo(last)) {
      for (const entry of this.#buckets.get(number) ?? []) {
        if (bucketAt(entry.record.expiresAt) > number) this.#move(entry)
        yield entry
      }
    }
    // A visit that stops early does not get here, and the next one begins where this one began.
    this.#first = Math.max(this.#first, this.#buckets.has(last) ? last : last + 1)
  }

  /** Counts up from the first bucket, unless the clock has jumped so far that checking each bucket is shorter. */
  *#numbersUpTo(last: number): Generator<number> {
    if (last - this.#first < this.#buckets.size) {
      for (let number = this.#first; number <= last; number++) yield number
    } else {
      for (const number of this.#buckets.keys()) if (number <= last) yield number
    }
  }

  #move(entry: Entry): void {
    this.remove(entry)
    entry.bucket = bucketAt(entry.record.expiresAt)
    if (entry.bucket === Number.POSITIVE_INFINITY) return
    const bucket = this.#buckets.get(entry.bucket)
    if (bucket === undefined) this.#buckets.set(entry.bucket, new Set([entry]))
    else bucket.add(entry)
    this.#first = Math.min(this.#first, entry.bucket)
  }
}

function bucketAt(time: number): number {
  return Math.floor(time / bucketMs)
}
