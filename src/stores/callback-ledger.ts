import { systemClock } from '../core/time/clock.ts'

const mostEntries = 10_000
/** After this long the ledger stops waiting for a call: a store that has not answered by then never will. */
const longestWorkMs = 30_000

/** A call that the store has not answered yet. */
interface Work {
  readonly begunAt: number
  /** Resolves when the store answers: true for success, false for an error. */
  readonly settled: Promise<boolean>
}

interface Entry {
  version: number
  /** The version at which the session was ended; 0 while it has not been. */
  endedAt: number
  /** Writes and deletions under way, the oldest first. A read that overlaps one may return old data. */
  readonly changes: Set<Work>
  readonly touches: Set<Work>
}

/**
 * Remembers what this process has done lately to the sessions of a store that has no versions of its own.
 *
 * A session that this process has not written has version 0. The ledger is bounded. When it forgets its oldest
 * entry, a request that has been running since then loses its protection.
 */
export class Ledger {
  readonly #live = new Map<string, Entry>()
  /** A map of its own, so that active sessions do not push ended ones out. */
  readonly #ended = new Map<string, Entry>()

  /**
   * The version for a reader. While a write is under way, it is a version that no write ever has: the reader may
   * have got the older data, and its own write then conflicts. While a deletion is under way, it is a version from
   * before the end.
   */
  versionForReader(id: string): number {
    const entry = this.#find(id)
    if (entry === undefined) return 0
    return timely(entry.changes).size > 0 ? entry.version - 0.5 : entry.version
  }

  isCurrent(id: string, version: number): boolean {
    const entry = this.#find(id)
    return entry === undefined || entry.version === version
  }

  /** Whether this process has written the session and not ended it since. It may have expired all the same. */
  isLive(id: string): boolean {
    const { version = 0, endedAt = 0 } = this.#find(id) ?? {}
    return version > 0 && endedAt === 0
  }

  /** Whether this process has ended the session, and written nothing under its id since. */
  isEnded(id: string): boolean {
    return (this.#find(id)?.endedAt ?? 0) > 0
  }

  hasEndedSince(id: string, version: number): boolean {
    const entry = this.#find(id)
    return entry !== undefined && entry.endedAt > version
  }

  /** Resolves when no call for the session is under way any more, whether the calls succeeded or failed. */
  async settled(id: string): Promise<void> {
    const entry = this.#find(id)
    if (entry !== undefined) await settledIn(entry)
  }

  /** Runs a write, and notes it from before it begins until the store answers. */
  write(id: string, version: number, write: () => Promise<unknown>): Promise<unknown> {
    const entry = this.#find(id) ?? emptyEntry()
    // A version from before the end belongs to another session, which got the same id.
    if (version <= entry.endedAt) entry.endedAt = 0
    entry.version = Math.max(version, nextVersion(entry))
    this.#keep(id, entry)
    return this.#note(id, 'changes', write)
  }

  /** Runs a call that changes no data, such as a touch, and notes it so that `end` knows of it. */
  during(id: string, work: () => Promise<unknown>): Promise<unknown> {
    return this.#note(id, 'touches', work)
  }

  /** Runs the deletion of a session, after `end`, and notes it until the store answers. */
  destruction(id: string, destroy: () => Promise<unknown>): Promise<unknown> {
    return this.#note(id, 'changes', destroy)
  }

  /**
   * Notes that the session has ended, for every request that has read it before. Answers a promise of the calls
   * still under way, which resolves with whether all of them succeeded; undefined when there are none.
   */
  end(id: string): Promise<boolean> | undefined {
    const entry = this.#find(id) ?? emptyEntry()
    entry.version = nextVersion(entry)
    entry.endedAt = entry.version
    this.#keep(id, entry)
    return settledIn(entry)
  }

  #note(id: string, kind: 'changes' | 'touches', call: () => Promise<unknown>): Promise<unknown> {
    const entry = this.#find(id) ?? emptyEntry()
    this.#keep(id, entry)
    const working = call()
    const settled = working.then(isDone, isNotDone)
    const work: Work = { begunAt: systemClock.now(), settled }
    timely(entry[kind]).add(work)
    void settled.then(() => {
      entry[kind].delete(work)
      this.#dropIfEmpty(id, entry)
    })
    return working
  }

  #dropIfEmpty(id: string, entry: Entry): void {
    const isEmpty = entry.version === 0 && entry.changes.size === 0 && entry.touches.size === 0
    if (isEmpty && this.#live.get(id) === entry) this.#live.delete(id)
  }

  #find(id: string): Entry | undefined {
    return this.#live.get(id) ?? this.#ended.get(id)
  }

  #keep(id: string, entry: Entry): void {
    this.#live.delete(id)
    this.#ended.delete(id)
    const entries = entry.endedAt > 0 ? this.#ended : this.#live
    entries.set(id, entry)
    if (entries.size > mostEntries) forgetOldest(entries)
  }
}

function emptyEntry(): Entry {
  return { version: 0, endedAt: 0, changes: new Set(), touches: new Set() }
}

function nextVersion({ version }: Entry): number {
  return Math.floor(version) + 1
}

/** Drops the calls that have been waiting too long, and answers the rest. */
function timely(works: Set<Work>): Set<Work> {
  const now = systemClock.now()
  for (const work of works) {
    if (now - work.begunAt < longestWorkMs) break
    works.delete(work)
  }
  return works
}

function settledIn({ changes, touches }: Entry): Promise<boolean> | undefined {
  const works = [...timely(changes), ...timely(touches)]
  if (works.length === 0) return undefined
  return Promise.all(works.map(({ settled }) => settled)).then(outcomes => outcomes.every(Boolean))
}

function forgetOldest(entries: Map<string, Entry>): void {
  const [oldest] = entries.keys()
  if (oldest !== undefined) entries.delete(oldest)
}

function isDone(): boolean {
  return true
}

function isNotDone(): boolean {
  return false
}
