import { randomUUID } from 'node:crypto'
import { type RedisClient, type RedisStoreOptions, redisStore } from 'sojourn/redis'
import { fakeClock, promisesHold, type StoreBench, storeContract } from 'sojourn/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tellOfKnownStories } from '../../testing/tell-of-stories.ts'
import type { TestClient } from './clients.ts'

/** A client, and how it is ended. */
export type Connected = Pick<TestClient, 'client' | 'end'>

/** What the store is given beside the client. */
type Trial = Pick<RedisStoreOptions, 'replicas'>

/**
 * The clauses that a driver could break: what it does to text and bytes, how it hands on each kind of answer, and what
 * happens to many commands at once. What the scripts do on the server is the same for all drivers.
 */
const transport: readonly string[] = [
  'create answers true for a new key, and load finds the record',
  'create answers false for a key that is taken, and changes nothing',
  'load answers undefined for an unknown key',
  'every field of a record comes back as it was',
  'concurrent creations and replacements do not mix up the fields of records',
  'text comes back as it was, in any script and even when it is empty',
  'bytes come back as they were, all 256 values and no bytes at all',
  'a megabyte comes back as it was, as text and as bytes',
  'replace puts a record in place of the one with the expected version',
  'replace answers the current record on a version conflict, and changes nothing',
  'replace answers gone for an unknown key, and creates nothing',
  'of twenty concurrent replacements of one version, exactly one succeeds',
  'touch moves both times forward',
  'touch answers false for an unknown key, and creates nothing',
  'delete removes a live record, and answers true',
  'delete answers false for an unknown key',
  'ofSubject lists the live sessions of a subject, each with every field but the data',
  'ofSubject lists hundreds of sessions of one subject',
  'epochOf answers undefined for a subject without an epoch',
  'the epoch of a subject comes back as it was, up to the largest safe integer',
  'load returns the epoch of its subject with a session, and none with an anonymous one',
  'exchangeEpoch answers undefined for another epoch than the expected one, and changes nothing',
  'of twenty concurrent exchanges without an expected epoch, each gets a number of its own',
  'endBelow removes the sessions of a subject with a lower epoch, and returns their keys',
  'endBelow removes hundreds of sessions in one call',
  'of twenty sign-ins concurrent with an end of all, none with the earlier epoch is left',
  'acquireLease lends a free name',
  'acquireLease answers false for a name that another token has, and changes nothing',
  'releaseLease frees the name, and another token may take it',
  'of twenty concurrent tokens, exactly one gets the name',
  'records streams every live record exactly once',
  'a second connection sees each write at once',
  'two connections that update one session at the same time lose no update',
]
/** Those of a driver that sends commands again. */
const repeated: readonly string[] = [
  'a creation that the driver sends twice answers true',
  'a replacement that the driver sends twice answers that it has replaced, and counts once',
]

/** Proves the whole contract, and every promise in the stories that are known, for one topology. */
export function tellOfPromises(connect: () => Promise<Connected>, options: Trial = {}): void {
  const open = opening(connect, options)
  describe('the redis store keeps the contract', () => {
    for (const clause of contractOn(open, options)) test(clause.name, () => clause.run())
  })
  describe('every promise holds', () => tellOfKnownStories(open))
}

/** Proves what a driver could break, for each driver of a topology whose contract is proved elsewhere. */
export function tellOfTransport(connect: () => Promise<Connected>, options: Trial = {}): void {
  const open = opening(connect, options)
  describe('the redis store keeps what a driver could break of the contract', () => {
    const wanted = options.replicas === undefined ? [...transport, ...repeated] : transport
    const clauses = contractOn(open, options).filter(({ name }) => wanted.includes(name))
    for (const clause of clauses) test(clause.name, () => clause.run())
    test('none of these clauses has another name by now', () => expect(clauses).toHaveLength(wanted.length))
  })
  test('every promise holds in the stories of a seed', () => promisesHold({ open, seed: 2030, steps: 200 }))
}

/** A write that waits for replicas leaves together with a second command, which nothing here sends twice. */
function contractOn(open: () => StoreBench, { replicas }: Trial): ReturnType<typeof storeContract> {
  const repeats = replicas === undefined ? (['repeats'] as const) : []
  return storeContract({ powers: ['enumerate', 'subjects', 'leases', ...repeats], open })
}

/** Opens an empty store each time. What others have left on the server is under other prefixes. */
function opening(connect: () => Promise<Connected>, options: Trial): () => StoreBench {
  const connections: Connected[] = []
  beforeAll(async () => {
    connections.push(await connect(), await connect())
  })
  afterAll(async () => {
    for (const { end } of connections) await end()
  })
  return () => {
    const clock = fakeClock()
    const prefix = `${randomUUID()}:`
    const [{ client }, peer] = connections as [Connected, Connected]
    const repeating = new RepeatingClient(client)
    const store = redisStore({ client: repeating.client, clock, prefix, ...options })
    return {
      store,
      now: () => clock.now(),
      advance: spanMs => clock.jump(spanMs),
      close: () => store.close(),
      peer: () => redisStore({ client: peer.client, clock, prefix, ...options }),
      loseAnswer: () => repeating.begin(),
    }
  }
}

/** Sends each command twice once it has begun to, as drivers do that have lost the first answer. */
class RepeatingClient {
  readonly client: RedisClient
  #hasBegun = false

  constructor(client: RedisClient) {
    // A client has private fields, so that its methods need the client itself.
    const get = (_client: RedisClient, name: string | symbol): unknown => {
      const member: unknown = Reflect.get(client, name, client)
      if (typeof member !== 'function') return member
      const isSending = name === 'call' || name === 'sendCommand' || name === 'execute'
      return isSending ? this.#twice(member.bind(client)) : member.bind(client)
    }
    this.client = new Proxy(client, { get })
  }

  begin(): void {
    this.#hasBegun = true
  }

  #twice(send: (...parameters: unknown[]) => unknown): (...parameters: unknown[]) => unknown {
    return async (...parameters) => {
      if (this.#hasBegun) await send(...parameters)
      return await send(...parameters)
    }
  }
}
