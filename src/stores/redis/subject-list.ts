import type { SessionRecord } from '../../core/record/store.ts'
import type { Clock } from '../../core/time/clock.ts'
import { graceMs } from './grace.ts'
import type { Line } from './line.ts'
import type { Names } from './names.ts'
import { indexScript } from './scripts.ts'

/** What the list of a subject says of one session: its key, and when it will be over. */
export interface Listing {
  readonly key: string
  readonly score: number
}

/**
 * Whose sessions are whose: for each subject a sorted set of keys, by their ends. It is in another place than the
 * records, so that it says where to look and never what is there.
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

  /** Notes that a record is about to be its subject's. It is never noted that it is no longer: reading finds out. */
  async add(subject: string, key: string, expiresAt: number): Promise<void> {
    const score = Number.isFinite(expiresAt) ? String(expiresAt) : '+inf'
    await this.#line.run(indexScript, this.#names.sessionsOf(subject), [`${this.#clock.now()}`, score, key])
  }

  /** All that may be the sessions of a subject. */
  async of(subject: string): Promise<readonly Listing[]> {
    const answer = await this.#line.ask(this.#names.sessionsOf(subject), [
      ...['ZRANGE', this.#names.sessionsOf(subject), '0', '-1', 'WITHSCORES'],
    ])
    // Whether each pair is a list of its own depends on the version of the protocol.
    const items = Array.isArray(answer) ? answer.flat().map(String) : []
    return Array.from({ length: items.length / 2 }, (_, index) => ({
      key: items[2 * index] ?? '',
      score: scoreOf(items[2 * index + 1]),
    }))
  }

  /** Forgets a session that has been deleted, which nobody creates again. Nobody waits for it. */
  forget(subject: string, key: string): void {
    const name = this.#names.sessionsOf(subject)
    this.#line.ask(name, ['ZREM', name, key]).catch(ignore)
  }

  /**
   * Brings a list nearer to what was found. What was not found may be just about to be written: it is not removed, but
   * has to be noted once more, or it leaves a little later. Nobody waits for it.
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
