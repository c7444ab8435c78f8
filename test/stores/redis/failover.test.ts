import { openStore } from 'sojourn'
import type { RedisRecords } from 'sojourn/redis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeService } from '../../support/services/commands.ts'
import { primaryName, RedisSentinels } from '../../support/services/redis-sentinel.ts'
import { installed, packages } from './installed.ts'
import { recordOf } from './records.ts'
import { untilAnswered } from './until-answered.ts'

const writersPerStore = 50
/** Far longer than a replica on the same machine is behind. */
const windowMs = 1000

/** One visitor who writes again and again, and what they were told. */
class Writer {
  readonly #record = recordOf()
  readonly #store: RedisRecords
  readonly #answered: { readonly version: number; readonly at: number }[] = []
  #version = 1
  /** What the new primary had, where that was less than what was answered. */
  #fallenTo = Number.POSITIVE_INFINITY

  constructor(store: RedisRecords) {
    this.#store = store
  }

  async create(): Promise<void> {
    expect(await this.#store.create(this.#record)).toBe(true)
  }

  async writeUntil(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      await this.#write().catch(() => new Promise(resolve => setTimeout(resolve, 20)))
    }
  }

  get fallenTo(): number {
    return this.#fallenTo
  }

  /** The last version that was answered by then. */
  versionAt(moment: number): number {
    return this.#answered.findLast(({ at }) => at < moment)?.version ?? 1
  }

  async found(): Promise<number> {
    const record = await untilAnswered(() => this.#store.load(this.#record.key))
    return record?.version ?? 0
  }

  async #write(): Promise<void> {
    const next = { ...this.#record, version: this.#version + 1, data: `${this.#version + 1}` }
    const answer = await this.#store.replace(next, this.#version)
    if (answer === 'gone') throw new Error('A session is gone.')
    if (answer !== 'replaced' && answer.version < this.#version) this.#fallenTo = answer.version
    this.#version = answer === 'replaced' ? next.version : answer.version
    if (answer === 'replaced') this.#answered.push({ version: next.version, at: Date.now() })
  }
}

describeService('a primary that is killed under load', 'redis-server', () => {
  let group: RedisSentinels
  beforeAll(async () => {
    group = await RedisSentinels.start()
  }, 60_000)
  afterAll(() => group.stop())

  for (const [driver, name, version] of packages) {
    test(`loses at most what it answered last, and everybody goes on, with ${driver}`, async () => {
      const hosts = group.ports.map(port => `127.0.0.1:${port}`).join(',')
      const url = `redis+sentinel://${hosts}/${primaryName}?driver=${name}`
      // Two, as if they were two processes.
      const stores = [1, 2].map(() => installed(name, version, () => openStore(url) as RedisRecords))
      for (const store of stores) await store.ready()
      const writers = stores.flatMap(store =>
        Array.from({ length: writersPerStore }, () => new Writer(store)),
      )
      await Promise.all(writers.map(writer => writer.create()))
      let isOver = false
      const writing = Promise.all(writers.map(writer => writer.writeUntil(() => isOver)))
      await new Promise(resolve => setTimeout(resolve, 2 * windowMs))
      const former = await group.primary()
      const killedAt = Date.now()
      await former.kill()
      await group.succeeded(former)
      await untilAnswered(() => writers[0]?.found() ?? Promise.resolve(0))
      await new Promise(resolve => setTimeout(resolve, windowMs))
      isOver = true
      await writing
      for (const writer of writers) {
        const found = await writer.found()
        expect(writer.fallenTo).toBeGreaterThanOrEqual(writer.versionAt(killedAt - windowMs))
        // What was answered by the new primary is all there.
        expect(found).toBeGreaterThanOrEqual(writer.versionAt(Number.POSITIVE_INFINITY))
      }
      for (const store of stores) await store.close()
      await group.rejoin(former)
    }, 90_000)
  }
})
