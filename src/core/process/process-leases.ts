import type { Lease, Leases } from '../record/store.ts'
import type { Clock } from '../time/clock.ts'

/** How many leases there may be beside a store that lends none. */
const mostBeside = 100_000
const beside = new WeakMap<object, ProcessLeases>()

/**
 * Lends in the place of a store that cannot. All managers of this process that have the store share the leases, and
 * no other process knows of them.
 */
export function leasesBeside(store: object, clock: Clock): ProcessLeases {
  const found = beside.get(store) ?? new ProcessLeases(mostBeside, clock)
  beside.set(store, found)
  return found
}

/** Leases in the memory of this process. When there are as many as there may be, it lends no other name. */
export class ProcessLeases implements Leases {
  readonly #leases = new Map<string, Lease>()
  readonly #most: number
  readonly #clock: Clock

  constructor(most: number, clock: Clock) {
    this.#most = most
    this.#clock = clock
  }

  acquireLease(lease: Lease): boolean {
    const { name, token } = lease
    const held = this.#live(name)
    if (!this.#isLive(lease) || (held !== undefined && held.token !== token)) return false
    if (held === undefined && !this.#hasRoom()) return false
    this.#leases.set(name, lease)
    return true
  }

  holdsLease({ name, token }: Lease): boolean {
    return this.#live(name)?.token === token
  }

  releaseLease(lease: Lease): void {
    if (this.holdsLease(lease)) this.#leases.delete(lease.name)
  }

  /** Requests give their leases up, so that it looks for leases that are over only when it is full. */
  #hasRoom(): boolean {
    if (this.#leases.size < this.#most) return true
    for (const lease of this.#leases.values()) if (!this.#isLive(lease)) this.#leases.delete(lease.name)
    return this.#leases.size < this.#most
  }

  #live(name: string): Lease | undefined {
    const lease = this.#leases.get(name)
    return lease !== undefined && this.#isLive(lease) ? lease : undefined
  }

  #isLive({ expiresAt }: Lease): boolean {
    return expiresAt > this.#clock.now()
  }
}
