import { SojournError } from '../report/errors.ts'
import type { Clock } from '../time/clock.ts'
import { checkKeys, type KeyOptions } from './key-options.ts'
import { MasterKey } from './master-key.ts'
import { hasSameItems, type Secret } from './secret.ts'

/** What a report shows of a key: everything but its secret. */
export interface KeyDescription {
  readonly id: string
  /** The last instant at which the key is used, in milliseconds since the epoch. */
  readonly notAfter: number | undefined
  readonly state: 'writes' | 'reads' | 'revoked' | 'expired'
}

/**
 * The keys in the order in which they were given: the first usable one writes, and every usable one reads. A key
 * that is revoked or past its `notAfter` does neither, from the very next use on.
 */
export class KeyRing {
  readonly #keys: () => readonly MasterKey[]
  readonly #clock: Clock
  /** Answers the ring that reads what no key here knows. */
  readonly #older: (() => KeyRing | undefined) | undefined

  private constructor(keys: () => readonly MasterKey[], clock: Clock, older?: () => KeyRing | undefined) {
    this.#keys = keys
    this.#clock = clock
    this.#older = older
  }

  /**
   * Makes the ring of the `keys` option.
   *
   * @throws SojournError `OPTION_INVALID` when a key is not as it must be, or when none may be used now.
   */
  static of(keys: readonly KeyOptions[], clock: Clock): KeyRing {
    checkKeys(keys)
    const masters = keys.map(key => new MasterKey(key))
    const ring = new KeyRing(() => masters, clock)
    if (ring.findCurrent() === undefined) throw nothingUsable()
    return ring
  }

  /**
   * Makes the ring of plain secrets, each named by a fingerprint of its own, which `describe` tells: under that
   * id the same secret can stand in `keys` later. Short secrets are accepted. The array is read at each
   * use, because an application may change it in place.
   */
  static ofSecrets(secrets: readonly Secret[], clock: Clock): KeyRing {
    return new KeyRing(watch(secrets), clock)
  }

  /** The same ring, which also reads what another one has written, as long as `older` answers one. */
  alsoReading(older: () => KeyRing | undefined): KeyRing {
    return new KeyRing(this.#keys, this.#clock, older)
  }

  /**
   * The key that writes.
   *
   * @throws SojournError `OPTION_INVALID` when every key is over, `SECRET_MISSING` when there is none at all.
   */
  get current(): MasterKey {
    const current = this.findCurrent()
    if (current !== undefined) return current
    if (this.#keys().length > 0) throw nothingUsable()
    throw new SojournError('SECRET_MISSING', 'Expected one secret or more to sign with, got an empty array.')
  }

  /** The same without an exception: undefined when no key may write any more, and then none reads either. */
  findCurrent(): MasterKey | undefined {
    return this.usable()[0]
  }

  /** Finds the key of an id. Answers undefined for one that is unknown, revoked or past its `notAfter`. */
  find(id: string): MasterKey | undefined {
    const known = this.#keys().find(key => key.id === id)
    // A key that is known here and may not be used must not be found among the older ones instead.
    if (known === undefined) return this.#older?.()?.find(id)
    return known.stateAt(this.#clock.now()) === 'usable' ? known : undefined
  }

  /** Every key that reads, the one that writes first. */
  usable(): readonly MasterKey[] {
    const now = this.#clock.now()
    return this.#keys().filter(key => key.stateAt(now) === 'usable')
  }

  /** Describes each key without its secret. */
  describe(): readonly KeyDescription[] {
    const current = this.findCurrent()
    const now = this.#clock.now()
    return this.#keys().map(key => {
      const state = key.stateAt(now)
      const use = key === current ? 'writes' : 'reads'
      return { id: key.id, notAfter: key.notAfter, state: state === 'usable' ? use : state }
    })
  }
}

/** Answers the keys of an array of secrets, made anew when the array has changed. */
function watch(secrets: readonly Secret[]): () => readonly MasterKey[] {
  let seen: readonly Secret[] = []
  let keys = new Map<Secret, MasterKey>()
  let inOrder: readonly MasterKey[] = []
  return () => {
    if (hasSameItems(secrets, seen)) return inOrder
    seen = [...secrets]
    // A secret that stays keeps its key; one that is gone is forgotten.
    keys = new Map(seen.map(secret => [secret, keys.get(secret) ?? MasterKey.ofSecret(secret)]))
    inOrder = [...keys.values()]
    return inOrder
  }
}

function nothingUsable(): SojournError {
  return new SojournError(
    'OPTION_INVALID',
    'Expected one of `keys` to be usable, but each is revoked or past its `notAfter`. Put a new key in front.',
  )
}
