import type { SessionRecord } from '../../core/record/store.ts'
import type { Clock } from '../../core/time/clock.ts'
import { graceMs } from './grace.ts'
import type { Line } from './line.ts'
import type { Names } from './names.ts'
import { indexScript } from './scripts.ts'

/** One entry in the list of a subject: the key of a session, and when it expires. */
export interface Listing {
  readonly key: string
  readonly score: number
}

/**
 * The sessions of each subject: a sorted set of keys, by expiry. A list is written apart from the records, so it is only
 * a hint where to look; the records themselves decide.
 */
export class SubjectLists {
  readonly #line: Line
  readonly #names: Names
  readonly #clock: Clock

  constructor(line: Line, names: Names, clock: Clock) {
    this.#line = line
    this.#names = names
    this.#clock = clock
  }

  /** Adds a key before its record is written. When the record changes its subject, the old entry stays: `heal` removes it. */
  async add(subject: string, key: string, expiresAt: number): Promise<void> {
    const score = Number.isFinite(expiresAt) ? String(expiresAt) : '+inf'
    await this.#line.run(indexScript, this.#names.sessionsOf(subject), [`${this.#clock.now()}`, score, key])
  }

  /** Every key that may be a session of the subject. */
  async of(subject: string): Promise<readonly Listing[]> {
    const answer = await this.#line.ask(this.#names.sessionsOf(subject), [
      ...['ZRANGE', this.#names.sessionsOf(subject), '0', '-1', 'WITHSCORES'],
    ])
    // RESP3 answers a list of pairs, RESP2 a flat list.
    const items = Array.isArray(answer) ? answer.flat().map(String) : []
    return Array.from({ length: items.length / 2 }, (_, index) => ({
      key: items[2 * index] ?? '',
      score: scoreOf(items[2 * index + 1]),
    }))
  }

  /** Removes the key of a deleted session, which is never created again. The caller does not wait for it. */
  forget(subject: string, key: string): void {
    const name = this.#names.sessionsOf(subject)
    this.#line.ask(name, ['ZREM', name, key]).catch(ignore)
  }

  /**
   * Repairs a list after its records were read. A key without a record may belong to a record about to be written, so it
   * is not removed at once: it expires a little later unless it is added again. The caller does not wait for it.
   */
  heal(subject: string, listed: readonly Listing[], found: readonly SessionRecord[]): void {
    const live = new Map(found.map(record => [record.key, record]))
    const soon = this.#clock.now() + graceMs
    const stale = listed.filter(({ key, score }) => !live.has(key) && score > soon)
    if (stale.length > 0) {
      const name = this.#names.sessionsOf(subject)
      const pairs = stale.flatMap(({ key }) => [String(soon), key])
      this.#line.ask(name, ['ZADD', name, 'XX', 'LT', ...pairs]).catch(ignore)
    }
    for (const { key, score } of listed) {
      const { expiresAt = score } = live.get(key) ?? {}
      if (score < expiresAt) this.add(subject, key, expiresAt).catch(ignore)
    }
  }
}

function scoreOf(text: string | undefined): number {
  return text === 'inf' || text === 'Infinity' ? Number.POSITIVE_INFINITY : Number(text)
}

function ignore(): void {}
