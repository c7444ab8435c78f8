import type {
  Activity,
  EnumeratingStore,
  EpochExchange,
  Lease,
  LeasingStore,
  LoadedRecord,
  Replacement,
  SessionRecord,
  StoreTraits,
  SubjectEpoch,
  SubjectListing,
  SubjectStore,
  Sweep,
  SweepingStore,
} from '../../src/core/record/store.ts'

/** A store that is honest and slow. Its maps lie open, so that a wrong store can do wrong things to them. */
export class PlainStore implements EnumeratingStore, SweepingStore, SubjectStore, LeasingStore {
  readonly name: string = 'plain'
  readonly traits: StoreTraits = { readsAtOnce: true }
  readonly now: () => number
  readonly map: Map<string, SessionRecord>
  readonly epochs: Map<string, SubjectEpoch>
  readonly leases: Map<string, Lease>

  /** Without another store it begins empty; with one, both hold the same. */
  constructor(now: () => number, { map, epochs, leases }: Partial<PlainStore> = {}) {
    this.now = now
    this.map = map ?? new Map()
    this.epochs = epochs ?? new Map()
    this.leases = leases ?? new Map()
  }

  create(record: SessionRecord): boolean {
    if (this.find(record.key) !== undefined) return false
    if (record.expiresAt > this.now()) this.map.set(record.key, copyOf(record))
    return true
  }

  load(key: string): LoadedRecord | undefined {
    const record = this.find(key)
    const { subject } = record ?? {}
    return record && subject !== undefined ? { ...record, subjectEpoch: this.epochOf(subject) } : record
  }

  /** The record alone. */
  find(key: string): SessionRecord | undefined {
    const record = this.map.get(key)
    return record !== undefined && record.expiresAt > this.now() ? copyOf(record) : undefined
  }

  replace(record: SessionRecord, expectedVersion: number): Replacement {
    const found = this.find(record.key)
    if (found === undefined) return 'gone'
    if (found.version !== expectedVersion) return found
    this.map.set(record.key, copyOf(found.touchedAt > record.touchedAt ? furthest(record, found) : record))
    return 'replaced'
  }

  touch(key: string, activity: Activity): boolean {
    const record = this.find(key)
    if (record !== undefined) this.map.set(key, furthest(record, activity))
    return record !== undefined
  }

  delete(key: string): boolean {
    return this.find(key) !== undefined && this.map.delete(key)
  }

  *records(): Generator<SessionRecord> {
    for (const key of this.map.keys()) {
      const record = this.find(key)
      if (record !== undefined) yield record
    }
  }

  sweep(limit: number, by: number = this.now()): Sweep {
    const over = [...this.map.values()].filter(({ expiresAt }) => expiresAt <= by).slice(0, limit)
    for (const { key } of over) this.map.delete(key)
    return { removed: over.length, nextAt: Math.min(...[...this.map.values()].map(each => each.expiresAt)) }
  }

  ofSubject(subject: string): SubjectListing {
    return { sessions: this.sessionsOf(subject), epoch: this.epochOf(subject) }
  }

  sessionsOf(subject: string): readonly SessionRecord[] {
    return [...this.records()].filter(record => record.subject === subject)
  }

  epochOf(subject: string): SubjectEpoch | undefined {
    const epoch = this.epochs.get(subject)
    return epoch !== undefined && epoch.expiresAt > this.now() ? epoch : undefined
  }

  exchangeEpoch({ subject, next, expected }: EpochExchange): number | undefined {
    const present = this.epochOf(subject)
    if (present !== undefined && expected !== undefined && present.epoch !== expected) return undefined
    const lowest = present === undefined || expected !== undefined ? 0 : present.epoch + 1
    const epoch = Math.max(next.epoch, lowest)
    if (next.expiresAt > this.now()) this.epochs.set(subject, { ...next, epoch })
    return epoch
  }

  endBelow(subject: string, { epoch, except }: SubjectEpoch): readonly string[] {
    const ended = this.sessionsOf(subject).filter(each => each.epoch < epoch && each.key !== except)
    return ended.map(({ key }) => key).filter(key => this.map.delete(key))
  }

  /** The lease of a name, unless it is over. */
  leaseOf(name: string): Lease | undefined {
    const lease = this.leases.get(name)
    return lease !== undefined && lease.expiresAt > this.now() ? lease : undefined
  }

  acquireLease(lease: Lease): boolean {
    const held = this.leaseOf(lease.name)
    if (lease.expiresAt <= this.now() || (held !== undefined && held.token !== lease.token)) return false
    this.leases.set(lease.name, lease)
    return true
  }

  holdsLease({ name, token }: Lease): boolean {
    return this.leaseOf(name)?.token === token
  }

  releaseLease(lease: Lease): void {
    if (this.holdsLease(lease)) this.leases.delete(lease.name)
  }
}

/** What a wrong store does otherwise than the honest one, whose maps it shares. */
export type Wrong = (
  honest: PlainStore,
) => Partial<EnumeratingStore & SweepingStore & SubjectStore & LeasingStore>

export function furthest(record: SessionRecord, { touchedAt, expiresAt, device }: Activity): SessionRecord {
  return {
    ...record,
    touchedAt: Math.max(record.touchedAt, touchedAt),
    expiresAt: Math.max(record.expiresAt, expiresAt),
    device: touchedAt < record.touchedAt ? record.device : (device ?? record.device),
  }
}

function copyOf(record: SessionRecord): SessionRecord {
  return { ...record, data: typeof record.data === 'string' ? record.data : record.data.slice() }
}
