import { randomBytes } from 'node:crypto'
import { sameCall } from '../core/record/deadline.ts'
import type {
  Activity,
  AdoptingStore,
  EnumeratingStore,
  ForeignSession,
  Lease,
  LeasingStore,
  Replacement,
  SessionRecord,
  SubjectEpoch,
  SubjectStore,
  TakeOver,
} from '../core/record/store.ts'
import type { Clock } from '../core/time/clock.ts'
import { decodeLease } from './lease-text.ts'
import { linkTo } from './redis/client.ts'
import type { OpenedClient } from './redis/connection.ts'
import { decodeEpoch } from './redis/epoch-text.ts'
import { ForeignSessions } from './redis/foreign-sessions.ts'
import { inGroups } from './redis/groups.ts'
import { Line, unusable } from './redis/line.ts'
import type { Link } from './redis/link.ts'
import { Names } from './redis/names.ts'
import { checkedOptions, type RedisStoreOptions } from './redis/options.ts'
import { decodeRecord, encodeDevice, encodeRecord } from './redis/record-text.ts'
import { keysIn } from './redis/scan.ts'
import {
  acquireScript,
  createScript,
  raiseScript,
  releaseScript,
  replaceScript,
  touchScript,
} from './redis/scripts.ts'
import { checkServer } from './redis/server-check.ts'
import { SubjectLists } from './redis/subject-list.ts'

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
  readonly #link: Link
  readonly #line: Line
  readonly #names: Names
  readonly #subjects: SubjectLists
  readonly #foreign: ForeignSessions
  readonly #opened: OpenedClient | undefined
  /** Together with a number, this is the mark of one write. */
  readonly #writer: string = randomBytes(6).toString('base64url')
  #writes = 0

  /** @throws SojournError `OPTION_INVALID` */
  constructor(options: RedisStoreOptions, opened?: OpenedClient) {
    const { client, prefix, clock, replicas, adoptsUntil, adoptPrefix } = checkedOptions(options)
    this.#clock = clock
    this.#opened = opened
    const link = linkTo(client)
    this.#link = { ...link, isReady: () => opened?.isClosed() !== true && link.isReady() }
    this.#line = new Line({ link: this.#link, replicas, lastError: () => opened?.lastError() })
    this.#names = new Names(prefix)
    this.#subjects = new SubjectLists(this.#line, this.#names, clock)
    this.adoptsUntil = adoptsUntil
    const prefixes = { foreign: adoptPrefix, own: prefix }
    this.#foreign = new ForeignSessions({ line: this.#line, link: this.#link }, clock, prefixes)
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

  async create(record: SessionRecord): Promise<boolean> {
    const name = this.#names.record(record.key)
    const parameters = this.#parametersOf(record)
    return (await this.#listed(record, () => this.#line.run(createScript, name, parameters))) === 1
  }

  async load(key: string): Promise<SessionRecord | undefined> {
    const name = this.#names.record(key)
    return this.#live(key, await this.#line.ask(name, ['GET', name]))
  }

  async replace(record: SessionRecord, expectedVersion: number): Promise<Replacement> {
    const name = this.#names.record(record.key)
    const parameters = [...this.#parametersOf(record), String(expectedVersion)]
    const answer = await this.#listed(record, () => this.#line.run(replaceScript, name, parameters))
    if (answer === 1) return 'replaced'
    return answer === 0 ? 'gone' : decodeRecord(record.key, String(answer))
  }

  async touch(key: string, activity: Activity, { subject }: SessionRecord): Promise<boolean> {
    const { touchedAt, expiresAt, device } = activity
    const times = [this.#clock.now(), touchedAt, expiresAt].map(String)
    const parameters = [...times, encodeDevice(device)]
    const [answer] = await Promise.all([
      this.#line.run(touchScript, this.#names.record(key), parameters),
      subject !== undefined && this.#subjects.add(subject, key, expiresAt),
    ])
    return answer === 1
  }

  async delete(key: string): Promise<boolean> {
    const goOn = sameCall()
    const name = this.#names.record(key)
    const record = this.#live(key, await this.#line.write(name, ['GETDEL', name]))
    const { subject } = record ?? {}
    if (subject !== undefined) goOn(() => this.#subjects.forget(subject, key))
    return record !== undefined
  }

  async *records(): AsyncGenerator<SessionRecord> {
    const start = `${this.#link.keyPrefix}${this.#names.records}`
    for await (const keys of keysIn(await this.#line.servers(), start)) yield* await this.#loadAll(keys)
  }

  async ofSubject(subject: string): Promise<readonly SessionRecord[]> {
    const goOn = sameCall()
    const listed = await this.#subjects.of(subject)
    const found = await this.#loadAll(listed.map(({ key }) => key))
    const records = found.filter(record => record.subject === subject)
    goOn(() => this.#subjects.heal(subject, listed, records))
    return records
  }

  async epochOf(subject: string): Promise<SubjectEpoch | undefined> {
    const name = this.#names.epochOf(subject)
    const answer = await this.#line.ask(name, ['GET', name])
    const epoch = answer === null ? undefined : decodeEpoch(String(answer))
    return epoch === undefined || this.#isOver(epoch) ? undefined : epoch
  }

  async raiseEpoch(subject: string, given: SubjectEpoch): Promise<void> {
    if (this.#isOver(given)) return
    const { epoch, expiresAt, except = '' } = given
    const numbers = [this.#clock.now(), epoch, expiresAt].map(String)
    await this.#line.run(raiseScript, this.#names.epochOf(subject), [...numbers, except])
  }

  async acquireLease(lease: Lease): Promise<boolean> {
    if (this.#isOver(lease)) return false
    const { name, token, expiresAt } = lease
    const parameters = [`${this.#clock.now()}`, token, `${expiresAt}`]
    return (await this.#line.run(acquireScript, this.#names.lease(name), parameters)) === 1
  }

  async holdsLease({ name, token }: Lease): Promise<boolean> {
    const key = this.#names.lease(name)
    const answer = await this.#line.ask(key, ['GET', key])
    if (answer === null) return false
    const held = decodeLease(name, String(answer))
    return held.token === token && !this.#isOver(held)
  }

  async releaseLease({ name, token }: Lease): Promise<void> {
    await this.#line.run(releaseScript, this.#names.lease(name), [token])
  }

  findForeign(id: string): Promise<ForeignSession | undefined> {
    return this.#foreign.find(id)
  }

  takeOver({ id, foreign, record }: TakeOver): Promise<boolean> {
    const arriving = { name: this.#names.record(record.key), parameters: this.#parametersOf(record) }
    return this.#foreign.takeOver(id, foreign, arriving)
  }

  forgetForeign(id: string): Promise<void> {
    return this.#foreign.forget(id)
  }

  /** Closes the connection that `openStore` made. A client that the application handed in stays open. */
  async close(): Promise<void> {
    await this.#opened?.close()
  }

  /**
   * Adds the key to the list of its subject, and then writes the record. Where the client keeps the order of commands,
   * both leave together and take one round trip.
   */
  async #listed(record: SessionRecord, write: () => Promise<unknown>): Promise<unknown> {
    const { subject, key, expiresAt } = record
    if (subject === undefined || this.#isOver(record)) return await write()
    const goOn = sameCall()
    const listing = this.#subjects.add(subject, key, expiresAt)
    if (!this.#link.keepsOrder) await listing
    const [answer] = await Promise.all([goOn(write), listing])
    return answer
  }

  /**
   * Writes that change nothing, because no record has an empty key; a server that takes no writes refuses them all the
   * same. The script waits for replicas, as every write does.
   */
  async #tryWriting(): Promise<void> {
    const name = this.#names.record('')
    await this.#line.run(touchScript, name, [String(this.#clock.now()), '0', '0', ''])
    await this.#line.ask(name, ['SET', name, '', 'XX'])
  }

  #parametersOf(record: SessionRecord): string[] {
    const { head, tail } = encodeRecord(record)
    this.#writes += 1
    const mark = `${this.#writer}.${this.#writes.toString(36)}`
    return [String(this.#clock.now()), mark, String(record.expiresAt), head, tail]
  }

  async #loadAll(keys: readonly string[]): Promise<SessionRecord[]> {
    const found = await inGroups(keys, key => this.load(key))
    return found.filter(record => record !== undefined)
  }

  #live(key: string, answer: unknown): SessionRecord | undefined {
    if (answer === null || answer === undefined) return undefined
    const record = decodeRecord(key, String(answer))
    return this.#isOver(record) ? undefined : record
  }

  #isOver({ expiresAt }: { readonly expiresAt: number }): boolean {
    return expiresAt <= this.#clock.now()
  }
}
