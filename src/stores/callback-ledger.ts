import { systemClock } from '../core/time/clock.ts'

const mostEntries = 10_000
/** A store that has not answered for so long never will, and nobody can wait for it for ever. */
const longestWorkMs = 30_000

/** A call of the store that has not been answered yet. */
interface Work {
  readonly begunAt: number
  /** Resolves once the call was answered: with whether it went well. */
  readonly settled: Promise<boolean>
}

interface Entry {
  version: number
  /** The version at which the session was ended; 0 while it has not been. */
  endedAt: number
  /** During these, what is read may be out of date by the time it is there. The oldest comes first. */
  readonly changes: Set<Work>
  readonly touches: Set<Work>
}

/**
 * What this process has done lately to the sessions of a store that has no versions of its own.
 *
 * A session that nobody here has written has version 0. Entries are bounded: the oldest are forgotten, and
 * with them the protection of a request that has been under way all that time.
 */
export class Ledger {
  readonly #live = new Map<string, Entry>()
  /** Kept apart, so that an end is not forgotten because others are active. */
  readonly #ended = new Map<string, Entry>()

  /**
   * The version that a reader sees. While a write is under way it is one that no write will ever have, so
   * that the reader's own write finds out that it may have read the older data. While the session is being
   * destroyed it is one from before the end.
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

  /** Whether the session was written here, and not ended since. Its time may be over nevertheless. */
  isLive(id: string): boolean {
    const { version = 0, endedAt = 0 } = this.#find(id) ?? {}
    return version > 0 && endedAt === 0
  }

  /** Whether the session has been ended, and nothing was written under its id since. */
  isEnded(id: string): boolean {
    return (this.#find(id)?.endedAt ?? 0) > 0
  }

  hasEndedSince(id: string, version: number): boolean {
    const entry = this.#find(id)
    return entry !== undefined && entry.endedAt > version
  }

  /** Resolves once nothing is under way, whatever became of it. */
  async settled(id: string): Promise<void> {
    const entry = this.#find(id)
    if (entry !== undefined) await settledIn(entry)
  }

  /** Notes a write from before it begins until it was answered. */
  write(id: string, version: number, write: () => Promise<unknown>): Promise<unknown> {
    const entry = this.#find(id) ?? emptyEntry()
    // With a version from before the end comes only another session that was given the same id.
    if (version <= entry.endedAt) entry.endedAt = 0
    entry.version = Math.max(version, nextVersion(entry))
    this.#keep(id, entry)
    return this.#note(id, 'changes', write)
  }

  /** Notes that something is under way which changes no data, and which `end` has to know of. */
  during(id: string, work: () => Promise<unknown>): Promise<unknown> {
    return this.#note(id, 'touches', work)
  }

  /** Notes that the session is being destroyed, after `end`. */
  destruction(id: string, destroy: () => Promise<unknown>): Promise<unknown> {
    return this.#note(id, 'changes', destroy)
  }

  /**
   * Notes that the session has ended, for everybody who read it before now. Answers what is still under
   * way, which resolves with whether all of it went well.
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

/** Forgets what is no longer worth waiting for, and answers the rest. */
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
