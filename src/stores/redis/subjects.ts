import type {
  EpochExchange,
  SessionFacts,
  SessionRecord,
  StoreCall,
  SubjectEpoch,
  SubjectListing,
} from '../../core/record/store.ts'
import type { Clock } from '../../core/time/clock.ts'
import { inGroups, type Line, type Task } from './line.ts'
import type { Names } from './names.ts'
import { liveRecord } from './record-text.ts'
import { endScript, exchangeScript, graceMs, indexScript, listScript, type Script } from './scripts.ts'

type Call = StoreCall | undefined

/** How the store reaches its keys, and what they are called. */
export interface Place {
  readonly line: Line
  readonly names: Names
  readonly clock: Clock
}

/** A record that is about to be written. */
export type Written = Pick<SessionRecord, 'key' | 'subject' | 'expiresAt'>

/** One entry in the list of a subject: the key of a session, when it expires, and what is under its key. */
interface Entry {
  readonly key: string
  readonly score: number
  readonly text: unknown
}

/** The list of a subject, and the live sessions in it. */
interface Found {
  readonly entries: readonly Entry[]
  readonly sessions: readonly SessionFacts[]
}

/**
 * The sessions and the epoch of each subject. The sessions are a sorted set of keys, by expiry. On a cluster it is written
 * apart from the records, so it is only a hint where to look; the records themselves decide.
 */
export class Subjects {
  readonly #line: Line
  readonly #names: Names
  readonly #clock: Clock

  constructor({ line, names, clock }: Place) {
    this.#line = line
    this.#names = names
    this.#clock = clock
  }

  async list(subject: string, call: Call): Promise<SubjectListing> {
    const [epoch, entries] = await this.#line.together(
      () => this.#read([this.#names.sessionsOf(subject), this.#names.epochOf(subject)], call),
      () => this.#readApart(subject, call),
    )
    const found = entries.map(({ key, text }) => liveRecord(key, text, this.#clock.now()))
    const sessions = found.filter(record => record !== undefined).filter(record => record.subject === subject)
    this.#heal(subject, { entries, sessions }, call)
    return { sessions, epoch: this.liveEpoch(epoch) }
  }

  async epochOf(subject: string, call: Call): Promise<SubjectEpoch | undefined> {
    return this.liveEpoch(await this.#line.get(this.#names.epochOf(subject), call))
  }

  async exchange({ subject, next, expected }: EpochExchange, call: Call): Promise<number | undefined> {
    const { epoch, expiresAt, except = '' } = next
    const parameters = [this.#clock.now(), epoch, expiresAt, except, expected ?? ''].map(String)
    const answer = await this.#line.run(exchangeScript, {
      keys: [this.#names.epochOf(subject)],
      parameters,
      call,
    })
    return answer === null ? undefined : Number(answer)
  }

  async endBelow(
    subject: string,
    { epoch, except = '' }: SubjectEpoch,
    call: Call,
  ): Promise<readonly string[]> {
    const keys: Task['keys'] = [this.#names.sessionsOf(subject)]
    const parameters = [this.#clock.now(), JSON.stringify(subject), epoch, except].map(String)
    const end = (task: Omit<Task, 'call'>): Promise<unknown> => this.#line.run(endScript, { ...task, call })
    const ended = await this.#line.together(
      () => end({ keys, parameters: [...parameters, this.#names.inScripts(this.#names.records)] }),
      async () => {
        const [, entries] = await this.#read(keys, call)
        return await inGroups(entries, ({ key }) =>
          end({ keys: [this.#names.record(key)], parameters: [...parameters, '', key] }),
        )
      },
    )
    return arrayOf(ended).flat().map(String)
  }

  /**
   * Runs a script that writes a record, and notes its key in the list of its subject: in the same step, or before it. When
   * the record changes its subject, the old entry stays: `#heal` removes it.
   */
  async write(script: Script, record: Written, { parameters, call }: Omit<Task, 'keys'>): Promise<unknown> {
    const { key, subject, expiresAt } = record
    const name = this.#names.record(key)
    if (subject === undefined || expiresAt <= this.#clock.now())
      return await this.#line.run(script, { keys: [name], parameters, call })
    const list = this.#names.sessionsOf(subject)
    const listed = { keys: [name, list], parameters: [...parameters, ...entryOf(record)], call } as const
    return await this.#line.together(
      () => this.#line.run(script, listed),
      async () => {
        await this.#note(list, record, call)
        return await this.#line.run(script, { keys: [name], parameters, call })
      },
    )
  }

  /** Removes the key of a deleted session, which is never created again. The caller does not wait for it. */
  forget(subject: string, key: string, call: Call): void {
    const list = this.#names.sessionsOf(subject)
    this.#line.ask({ key: list, words: ['ZREM', list, key], call }).catch(ignore)
  }

  /** Reads the text of an epoch, which is a number, an end and perhaps a key. Answers undefined if it has expired. */
  liveEpoch(text: unknown): SubjectEpoch | undefined {
    if (text === null || text === undefined) return undefined
    const [epoch, expiresAt, except] = String(text).split(' ')
    const read = { epoch: Number(epoch), expiresAt: Number(expiresAt), except: except || undefined }
    return read.expiresAt <= this.#clock.now() ? undefined : read
  }

  async #note(list: string, record: Pick<Written, 'key' | 'expiresAt'>, call: Call): Promise<void> {
    const parameters = [`${this.#clock.now()}`, ...entryOf(record)]
    await this.#line.run(indexScript, { keys: [list], parameters, call })
  }

  /** Reads the list under the first key; with the epoch under a second one, all that is on the same server. */
  async #read(keys: Task['keys'], call: Call): Promise<[epoch: unknown, entries: readonly Entry[]]> {
    const parameters = [this.#names.inScripts(this.#names.records)]
    const [epoch, ...items] = arrayOf(await this.#line.run(listScript, { keys, parameters, call }))
    const entries = Array.from({ length: items.length / 3 }, (_, index) => ({
      key: String(items[3 * index]),
      score: scoreOf(items[3 * index + 1]),
      text: items[3 * index + 2],
    }))
    return [epoch, entries]
  }

  async #readApart(subject: string, call: Call): Promise<[epoch: unknown, entries: readonly Entry[]]> {
    const [[, entries], epoch] = await Promise.all([
      this.#read([this.#names.sessionsOf(subject)], call),
      this.#line.get(this.#names.epochOf(subject), call),
    ])
    const read = async (entry: Entry): Promise<Entry> => ({
      ...entry,
      text: await this.#line.get(this.#names.record(entry.key), call),
    })
    return [epoch, await inGroups(entries, read)]
  }

  /**
   * Repairs a list after its records were read. A key without a record may belong to a record about to be written, so it
   * is not removed at once: it expires a little later unless it is added again. The caller does not wait for it.
   */
  #heal(subject: string, { entries, sessions }: Found, call: Call): void {
    const list = this.#names.sessionsOf(subject)
    const live = new Map(sessions.map(({ key, expiresAt }) => [key, expiresAt]))
    const soon = this.#clock.now() + graceMs
    const stale = entries.filter(({ key, score }) => !live.has(key) && score > soon)
    if (stale.length > 0) {
      const pairs = stale.flatMap(({ key }) => [String(soon), key])
      this.#line.ask({ key: list, words: ['ZADD', list, 'XX', 'LT', ...pairs], call }).catch(ignore)
    }
    for (const { key, score } of entries) {
      const expiresAt = live.get(key) ?? score
      if (score < expiresAt) this.#note(list, { key, expiresAt }, call).catch(ignore)
    }
  }
}

function entryOf({ key, expiresAt }: Pick<Written, 'key' | 'expiresAt'>): [score: string, key: string] {
  return [Number.isFinite(expiresAt) ? String(expiresAt) : '+inf', key]
}

function scoreOf(text: unknown): number {
  return text === 'inf' ? Number.POSITIVE_INFINITY : Number(text)
}

function arrayOf(answer: unknown): readonly unknown[] {
  return Array.isArray(answer) ? answer : []
}

function ignore(): void {}
