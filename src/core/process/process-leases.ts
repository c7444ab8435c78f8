import type { Lease, Leases } from '../record/store.ts'
import type { Clock } from '../time/clock.ts'

/** The maximum number of leases for one store that grants none itself. */
const mostBeside = 100_000
const beside = new WeakMap<object, ProcessLeases>()

/**
 * The leases for a store that grants none. All managers of this process with the same store share them. Other processes
 * do not see them.
 */
export function leasesBeside(store: object, clock: Clock): ProcessLeases {
  const found = beside.get(store) ?? new ProcessLeases(mostBeside, clock)
  beside.set(store, found)
  return found
}

/** Leases in the memory of this process. When it is full, it grants no further name. */
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

  /** Removes expired leases only when it is full, because requests normally release their leases. */
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
