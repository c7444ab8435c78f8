import type { EpochExchange, SubjectEpoch } from '../../core/record/store.ts'
import { exchangedEpoch } from '../exchanged-epoch.ts'
import type { Entry } from './recency.ts'

/** The entries and the epoch of each subject. Both are bounded: the first by the store's limits, the second by `mostEpochs`. */
export class SubjectIndex {
  readonly #entries = new Map<string, Set<Entry>>()
  /** The least recently set first. */
  readonly #epochs = new Map<string, SubjectEpoch>()
  readonly #mostEpochs: number

  constructor(mostEpochs: number) {
    this.#mostEpochs = mostEpochs
  }

  add(entry: Entry): void {
    const { subject } = entry.record
    if (subject === undefined) return
    const entries = this.#entries.get(subject)
    if (entries === undefined) this.#entries.set(subject, new Set([entry]))
    else entries.add(entry)
  }

  remove(entry: Entry): void {
    const { subject } = entry.record
    if (subject === undefined) return
    const entries = this.#entries.get(subject)
    entries?.delete(entry)
    if (entries?.size === 0) this.#entries.delete(subject)
  }

  of(subject: string): readonly Entry[] {
    return [...(this.#entries.get(subject) ?? [])]
  }

  epochOf(subject: string, now: number): SubjectEpoch | undefined {
    const found = this.#epochs.get(subject)
    return found !== undefined && found.expiresAt > now ? found : undefined
  }

  exchangeEpoch(exchange: EpochExchange, now: number): number | undefined {
    const { subject } = exchange
    const next = exchangedEpoch(exchange, this.epochOf(subject, now))
    if (next === undefined || next.expiresAt <= now) return next?.epoch
    this.#epochs.delete(subject)
    this.#epochs.set(subject, next)
    if (this.#epochs.size > this.#mostEpochs) this.#forgetEpoch()
    return next.epoch
  }

  /** Visits the least recently set epochs, at most `limit`, and removes those that have expired. */
  sweepEpochs(now: number, limit: number): void {
    let visited = 0
    for (const [subject, { expiresAt }] of this.#epochs) {
      if (visited++ >= limit) return
      if (expiresAt <= now) this.#epochs.delete(subject)
    }
  }

  clear(): void {
    this.#entries.clear()
    this.#epochs.clear()
  }

  #forgetEpoch(): void {
    const [oldest] = this.#epochs.keys()
    if (oldest !== undefined) this.#epochs.delete(oldest)
  }
}
