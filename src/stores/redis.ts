import { randomBytes } from 'node:crypto'
import type {
  AdoptingStore,
  EnumeratingStore,
  EpochExchange,
  ForeignSession,
  Lease,
  LeasingStore,
  LoadedRecord,
  Replacement,
  SessionRecord,
  StoreCall,
  SubjectEpoch,
  SubjectListing,
  SubjectStore,
  TakeOver,
  Touch,
} from '../core/record/store.ts'
import type { Clock } from '../core/time/clock.ts'
import { decodeLease } from './lease-text.ts'
import { linkTo } from './redis/client.ts'
import type { OpenedClient } from './redis/connection.ts'
import { ForeignSessions } from './redis/foreign-sessions.ts'
import { inGroups, Line, unusable } from './redis/line.ts'
import { hashOf, Names } from './redis/names.ts'
import { checkedOptions, type RedisStoreOptions } from './redis/options.ts'
import { decodeRecord, encodeDevice, encodeRecord, liveRecord } from './redis/record-text.ts'
import { keysIn } from './redis/scan.ts'
import {
  acquireScript,
  createScript,
  loadScript,
  releaseScript,
  replaceScript,
  touchScript,
} from './redis/scripts.ts'
import { checkServer } from './redis/server-check.ts'
import { Subjects } from './redis/subjects.ts'

export type { RedisClient } from './redis/client.ts'
export type { RedisStoreOptions } from './redis/options.ts'

/**
 * Makes a store that keeps records in Redis or Valkey, through the application's own client.
 *
 * @throws SojournError `OPTION_INVALID`
 * @example session({ secret, store: redisStore({ client: await createClient().connect() }) })
 */
export function redisStore(options: RedisStoreOptions): RedisRecords {
  return new RedisRecords(options)
}

/**
 * Records on one or more Redis or Valkey servers.
 *
 * Each write of a record is one script or one command, which the server runs as one step. The clock of this process decides
 * what has expired; the server removes it a little later. `create`, `replace` and `takeOver` carry a mark, so that a
 * driver that repeats one after a lost connection gets the answer of the first time.
 */
export class RedisRecords implements EnumeratingStore, SubjectStore, LeasingStore, AdoptingStore {
  readonly name: string = 'redis'
  readonly adoptsUntil: number | undefined

  readonly #clock: Clock
  readonly #line: Line
  readonly #names: Names
  readonly #subjects: Subjects
  readonly #foreign: ForeignSessions
  readonly #opened: OpenedClient | undefined
  /** Together with a number, this is the mark of one write. */
  readonly #writer: string = randomBytes(6).toString('base64url')
  #writes = 0

  /** @throws SojournError `OPTION_INVALID` */
  constructor(options: RedisStoreOptions, opened?: OpenedClient) {
    const { client, prefix, clock, replicas, adoptsUntil, adoptPrefix } = checkedOptions(options)
    const link = linkTo(client)
    const isReady = (): boolean => opened?.isClosed() !== true && link.isReady()
    const lastError = (): unknown => opened?.lastError()
    this.#clock = clock
    this.#opened = opened
    this.#line = new Line({ link: { ...link, isReady }, replicas, lastError })
    this.#names = new Names(prefix, link.keyPrefix)
    const place = { line: this.#line, names: this.#names, clock }
    this.#subjects = new Subjects(place)
    this.#foreign = new ForeignSessions(place, { foreign: adoptPrefix, own: prefix })
    this.adoptsUntil = adoptsUntil
  }

  /**
   * Waits for the server and checks it: that it takes writes, does not evict sessions, and has the same time as this
   * process. The store works without this call; an application that awaits it learns at startup what is wrong.
   *
   * @throws SojournError `STORE_UNUSABLE`
   */
  async ready(): Promise<void> {
    try {
      const servers = await this.#line.servers()
      for (const server of servers) await checkServer(server, () => this.#clock.now())
      await this.#tryWriting()
    } catch (error) {
      throw unusable(error)
    }
  }

  async create(record: SessionRecord, call?: StoreCall): Promise<boolean> {
    const parameters = this.#parametersOf(record)
    return (await this.#subjects.write(createScript, record, { parameters, call })) === 1
  }

  async load(key: string, call?: StoreCall): Promise<LoadedRecord | undefined> {
    const name = this.#names.record(key)
    const parameters = [this.#names.inScripts(this.#names.epochs)]
    const answer = await this.#line.together(
      () => this.#line.run(loadScript, { keys: [name], parameters, call }),
      () => this.#line.get(name, call),
    )
    const [text, hash, epoch] = Array.isArray(answer) ? answer : [answer]
    const record = this.#live(key, text)
    if (record?.subject === undefined) return record
    const { subject } = record
    const isAnswered = hash === hashOf(subject)
    const subjectEpoch = isAnswered
      ? this.#subjects.liveEpoch(epoch)
      : await this.#subjects.epochOf(subject, call)
    return subjectEpoch === undefined ? record : { ...record, subjectEpoch }
  }

  async replace(record: SessionRecord, expectedVersion: number, call?: StoreCall): Promise<Replacement> {
    const parameters = [...this.#parametersOf(record), String(expectedVersion)]
    const answer = await this.#subjects.write(replaceScript, record, { parameters, call })
    if (answer === 1) return 'replaced'
    return answer === 0 ? 'gone' : decodeRecord(record.key, String(answer))
  }

  async touch(key: string, activity: Touch, call?: StoreCall): Promise<boolean> {
    const { touchedAt, expiresAt, device } = activity
    const times = [this.#clock.now(), touchedAt, expiresAt].map(String)
    const parameters = [...times, encodeDevice(device)]
    return (await this.#subjects.write(touchScript, { ...activity, key }, { parameters, call })) === 1
  }

  async delete(key: string, call?: StoreCall): Promise<boolean> {
    const name = this.#names.record(key)
    const record = this.#live(key, await this.#line.write({ key: name, words: ['GETDEL', name], call }))
    if (record?.subject !== undefined) this.#subjects.forget(record.subject, key, call)
    return record !== undefined
  }

  async *records(): AsyncGenerator<SessionRecord> {
    const read = async (key: string): Promise<SessionRecord | undefined> =>
      this.#live(key, await this.#line.get(this.#names.record(key), undefined))
    for await (const keys of keysIn(await this.#line.servers(), this.#names.inScripts(this.#names.records))) {
      const found = await inGroups(keys, read)
      yield* found.filter(record => record !== undefined)
    }
  }

  ofSubject(subject: string, call?: StoreCall): Promise<SubjectListing> {
    return this.#subjects.list(subject, call)
  }

  epochOf(subject: string, call?: StoreCall): Promise<SubjectEpoch | undefined> {
    return this.#subjects.epochOf(subject, call)
  }

  exchangeEpoch(exchange: EpochExchange, call?: StoreCall): Promise<number | undefined> {
    return this.#subjects.exchange(exchange, call)
  }

  endBelow(subject: string, epoch: SubjectEpoch, call?: StoreCall): Promise<readonly string[]> {
    return this.#subjects.endBelow(subject, epoch, call)
  }

  async acquireLease(lease: Lease, call?: StoreCall): Promise<boolean> {
    if (this.#isOver(lease)) return false
    const { name, token, expiresAt } = lease
    const parameters = [`${this.#clock.now()}`, token, `${expiresAt}`]
    return (await this.#line.run(acquireScript, { keys: [this.#names.lease(name)], parameters, call })) === 1
  }

  async holdsLease({ name, token }: Lease, call?: StoreCall): Promise<boolean> {
    const text = await this.#line.get(this.#names.lease(name), call)
    if (text === undefined) return false
    const held = decodeLease(name, text)
    return held.token === token && !this.#isOver(held)
  }

  async releaseLease({ name, token }: Lease, call?: StoreCall): Promise<void> {
    await this.#line.run(releaseScript, { keys: [this.#names.lease(name)], parameters: [token], call })
  }

  findForeign(id: string, call?: StoreCall): Promise<ForeignSession | undefined> {
    return this.#foreign.find(id, call)
  }

  takeOver({ id, foreign: { text }, record }: TakeOver, call?: StoreCall): Promise<boolean> {
    const name = this.#names.record(record.key)
    return this.#foreign.takeOver(id, { text, name, parameters: this.#parametersOf(record) }, call)
  }

  forgetForeign(id: string, call?: StoreCall): Promise<void> {
    return this.#foreign.forget(id, call)
  }

  /** Closes the connection that `openStore` made. A client that the application handed in stays open. */
  async close(): Promise<void> {
    await this.#opened?.close()
  }

  /**
   * Writes that change nothing, because no record has an empty key; a server that takes no writes refuses them all the
   * same. The script waits for replicas, as every write does.
   */
  async #tryWriting(): Promise<void> {
    const key = this.#names.record('')
    const parameters = [String(this.#clock.now()), '0', '0', '']
    await this.#line.run(touchScript, { keys: [key], parameters, call: undefined })
    await this.#line.ask({ key, words: ['SET', key, '', 'XX'], call: undefined })
  }

  #parametersOf(record: SessionRecord): string[] {
    const { head, tail } = encodeRecord(record)
    this.#writes += 1
    const mark = `${this.#writer}.${this.#writes.toString(36)}`
    return [String(this.#clock.now()), mark, String(record.expiresAt), head, tail]
  }

  #live(key: string, answer: unknown): SessionRecord | undefined {
    return liveRecord(key, answer, this.#clock.now())
  }

  #isOver({ expiresAt }: { readonly expiresAt: number }): boolean {
    return expiresAt <= this.#clock.now()
  }
}
