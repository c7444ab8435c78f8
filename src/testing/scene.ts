import assert from 'node:assert/strict'
import { canEnumerate, canSweep, knowsSubjects, lendsNames } from '../core/record/powers.ts'
import type {
  EncodedData,
  EnumeratingStore,
  Lease,
  LeasingStore,
  MaybePromise,
  SessionFacts,
  SessionRecord,
  Store,
  SubjectStore,
  SweepingStore,
} from '../core/record/store.ts'

/**
 * A capability that not every store has. `enumerate`, `sweep`, `subjects` and `leases` are the interfaces
 * `EnumeratingStore`, `SweepingStore`, `SubjectStore` and `LeasingStore`, and `readsAtOnce` is the trait. `repeats` stands
 * for a driver that may send a command again after a lost answer: the bench then has `loseAnswer`.
 */
export type StorePower = 'enumerate' | 'sweep' | 'subjects' | 'leases' | 'readsAtOnce' | 'repeats'

/** A clause without its store. */
export interface SceneClause {
  readonly name: string
  /** The powers that the clause needs. Without them it is not part of the contract. */
  readonly powers?: readonly StorePower[]
  prove(scene: Scene): Promise<void>
}

interface Bench {
  readonly store: Store
  peer?(): MaybePromise<Store>
  loseAnswer?(): void
  now(): number
  advance(spanMs: number): MaybePromise<void>
}

/** How long the records of a clause live by default. */
export const lifetimeMs = 3_600_000

/** What a clause works with: one empty store, its time, and valid records. */
export class Scene {
  readonly store: Store
  /** The powers that the harness declares. */
  readonly powers: readonly StorePower[]
  readonly #bench: Bench
  #records = 0

  constructor(bench: Bench, powers: readonly StorePower[]) {
    this.store = bench.store
    this.powers = powers
    this.#bench = bench
  }

  get enumerating(): EnumeratingStore {
    const { store } = this
    assert.ok(
      canEnumerate(store),
      'Expected a store with the power `enumerate` to have the method `records`.',
    )
    return store
  }

  get sweeping(): SweepingStore {
    const { store } = this
    assert.ok(canSweep(store), 'Expected a store with the power `sweep` to have the method `sweep`.')
    return store
  }

  get subjects(): SubjectStore {
    const { store } = this
    assert.ok(
      knowsSubjects(store),
      'Expected a store with the power `subjects` to have the methods `ofSubject`, `epochOf`, `exchangeEpoch` and `endBelow`.',
    )
    return store
  }

  get leases(): LeasingStore {
    const { store } = this
    assert.ok(
      lendsNames(store),
      'Expected a store with the power `leases` to have the methods `acquireLease`, `holdsLease` and `releaseLease`.',
    )
    return store
  }

  /** A second store on the same place, with a connection of its own; the same store if the harness has none. */
  async peer(): Promise<Store> {
    return (await this.#bench.peer?.()) ?? this.store
  }

  /** Loses the answer of the next command. */
  loseAnswer(): void {
    const { loseAnswer } = this.#bench
    assert.ok(loseAnswer, 'Expected a bench with the power `repeats` to have the method `loseAnswer`.')
    loseAnswer()
  }

  now(): number {
    return this.#bench.now()
  }

  async advance(spanMs: number): Promise<void> {
    await this.#bench.advance(spanMs)
  }

  /** A live record with a new key. */
  record(changes: Partial<SessionRecord> = {}): SessionRecord {
    const now = this.now()
    return {
      key: String(++this.#records).padStart(43, 'k'),
      version: 1,
      createdAt: now,
      touchedAt: now,
      expiresAt: now + lifetimeMs,
      device: undefined,
      subject: undefined,
      authenticatedAt: undefined,
      epoch: 0,
      rotation: undefined,
      data: '{"visits":1}',
      ...changes,
    }
  }

  /** A live record in which every field has a value. */
  wholeRecord(changes: Partial<SessionRecord> = {}): SessionRecord {
    const now = this.now()
    const times = { createdAt: now - 30, touchedAt: now - 20, expiresAt: now + 1_234_567 }
    return this.record({
      ...times,
      version: 7,
      device: '{"userAgent":"Browser/1.0","address":"192.0.2.0/24"}',
      subject: 'ada',
      authenticatedAt: now - 25,
      epoch: now - 40,
      rotation: '{"current":"a","hops":[]}',
      ...changes,
    })
  }

  /** Creates a live record in the store. */
  async kept(changes: Partial<SessionRecord> = {}): Promise<SessionRecord> {
    const record = this.record(changes)
    assert.equal(await this.store.create(record), true, 'Expected `create` to keep a new record.')
    return record
  }

  /** Creates a record in the store, and lets it expire. */
  async ended(changes: Partial<SessionRecord> = {}): Promise<SessionRecord> {
    const record = await this.kept({ expiresAt: this.now() + 1000, ...changes })
    await this.advance(1000)
    return record
  }

  /** Creates a record in the store, and deletes it. */
  async deleted(): Promise<SessionRecord> {
    const record = await this.kept()
    assert.equal(await this.store.delete(record.key), true, 'Expected `delete` to remove a live record.')
    return record
  }

  /** Acquires a lease, and answers it. */
  async lent(lease: Lease): Promise<Lease> {
    assert.equal(await this.leases.acquireLease(lease), true, 'Expected `acquireLease` to lend the name.')
    assert.equal(await this.leases.holdsLease(lease), true, 'Expected the token to have the name.')
    return lease
  }

  /** Asserts that the store holds exactly this record. */
  async expectKept(record: SessionRecord, store: Store = this.store): Promise<void> {
    expectSame(await store.load(record.key), record)
  }

  /** Asserts that the store holds no live record under the key. */
  async expectNone(key: string, store: Store = this.store): Promise<void> {
    assert.equal(await store.load(key), undefined, 'Expected `load` to find nothing.')
  }
}

/** The next version of a record, with other data. */
export function nextOf(record: SessionRecord, changes: Partial<SessionRecord> = {}): SessionRecord {
  return { ...record, version: record.version + 1, data: '{"visits":2}', ...changes }
}

/** Runs an action twenty times concurrently. */
export function twentyTimes<Value>(action: (index: number) => MaybePromise<Value>): Promise<Value[]> {
  return Promise.all(Array.from({ length: 20 }, (_, index) => action(index)))
}

/** Asserts that an answer is a record, equal to another in every field. */
export function expectSame(answer: unknown, expected: SessionRecord): void {
  assert.ok(isRecord(answer), `Expected a record, got ${String(answer)}.`)
  assert.deepEqual(factsOf(answer), factsOf(expected))
  expectSameData(answer.data, expected.data)
}

/** Asserts that data is equal. It does not print the data, which may be a megabyte. */
export function expectSameData(data: EncodedData, expected: EncodedData): void {
  assert.equal(typeof data, typeof expected, 'Expected text to come back as text, and bytes as bytes.')
  assert.ok(Buffer.from(data).equals(Buffer.from(expected)), 'Expected the data to come back as it was.')
}

/** The fields of a record that the contract defines, without the data. A store may return other fields too. */
export function factsOf(record: SessionFacts): SessionFacts {
  const { key, version, createdAt, touchedAt, expiresAt } = record
  const { device, subject, authenticatedAt, epoch, rotation } = record
  const times = { createdAt, touchedAt, expiresAt }
  return { key, version, ...times, device, subject, authenticatedAt, epoch, rotation }
}

export function inOrder<Facts extends SessionFacts>(records: readonly Facts[]): readonly Facts[] {
  return records.toSorted((one, other) => (one.key < other.key ? -1 : 1))
}

function isRecord(value: unknown): value is SessionRecord {
  return typeof value === 'object' && value !== null && 'data' in value
}
