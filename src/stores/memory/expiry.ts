import type { Entry } from './recency.ts'

/** How much of time one bucket covers, and so how late an entry may be found to be over. */
const bucketMs = 10_000

/**
 * Entries by the time at which they end, in buckets of ten seconds, so that whatever removes what is over
 * never looks through what is alive.
 *
 * An entry whose end moves later stays where it is: it is moved when its bucket is visited. So activity
 * costs nothing here, and each entry is looked at once in a lifetime.
 */
export class ExpiryIndex {
  readonly #buckets = new Map<number, Set<Entry>>()
  /** No bucket before this one holds anything. */
  #first = Number.POSITIVE_INFINITY

  get isEmpty(): boolean {
    return this.#buckets.size === 0
  }

  /** Makes sure that the entry is found when its record ends, or before. */
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

  /** Visits the entries of every bucket that began by `now`: all that is over, and a little that is not. */
  begunBy(now: number): Generator<Entry> {
    return this.#visit(bucketAt(now))
  }

  /** Visits the entries of every bucket that ended by `now`: only what is over, and what has moved since. */
  endedBy(now: number): Generator<Entry> {
    return this.#visit(bucketAt(now) - 1)
  }

  /** Relies on the caller to remove each entry whose record is over. */
  *#visit(last: number): Generator<Entry> {
    for (const number of this.#numbersUpTo(last)) {
      for (const entry of this.#buckets.get(number) ?? []) {
        if (bucketAt(entry.record.expiresAt) > number) this.#move(entry)
        yield entry
      }
    }
    // A visit that is broken off does not come here, and the next one begins where this one began.
    this.#first = Math.max(this.#first, this.#buckets.has(last) ? last : last + 1)
  }

  /** Counts up from the first bucket; after a leap of the clock it is shorter to ask each bucket. */
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

/** How long it is until the bucket of this instant is due. Never zero. */
export function untilBucketEnds(now: number): number {
  return (bucketAt(now) + 1) * bucketMs - now
}

function bucketAt(time: number): number {
  return Math.floor(time / bucketMs)
}
