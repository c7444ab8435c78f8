import { SojournError } from '../report/errors.ts'
import type { Clock } from '../time/clock.ts'
import { checkKeys, type KeyOptions } from './key-options.ts'
import { MasterKey } from './master-key.ts'
import { hasSameItems, type Secret } from './secret.ts'

/** A key without its secret, for reports. */
export interface KeyDescription {
  readonly id: string
  /** The last instant at which the key is used, in milliseconds since the epoch. */
  readonly notAfter: number | undefined
  readonly state: 'writes' | 'reads' | 'revoked' | 'expired'
}

/**
 * The keys in the given order. The first usable key writes, and all usable keys read. A key that is revoked or past its
 * `notAfter` does neither, beginning with the next use.
 */
export class KeyRing {
  readonly #keys: () => readonly MasterKey[]
  readonly #clock: Clock
  /** Returns a second ring, which reads for key ids that are unknown in this one. */
  readonly #older: (() => KeyRing | undefined) | undefined

  private constructor(keys: () => readonly MasterKey[], clock: Clock, older?: () => KeyRing | undefined) {
    this.#keys = keys
    this.#clock = clock
    this.#older = older
  }

  /**
   * Makes the ring of the `keys` option.
   *
   * @throws SojournError `OPTION_INVALID` if a key is invalid, or if none is usable now.
   */
  static of(keys: readonly KeyOptions[], clock: Clock): KeyRing {
    checkKeys(keys)
    const masters = keys.map(key => new MasterKey(key))
    const ring = new KeyRing(() => masters, clock)
    if (ring.findCurrent() === undefined) throw nothingUsable()
    return ring
  }

  /**
   * Makes a ring from plain secrets. The id of each key is a fingerprint of its secret, which `describe` shows: an
   * application can later use the secret in `keys` under that id. Short secrets are accepted. The array is read at each
   * use, because an application may change it in place.
   */
  static ofSecrets(secrets: readonly Secret[], clock: Clock): KeyRing {
    return new KeyRing(watch(secrets), clock)
  }

  /** Returns the same ring, which also reads what another ring has written, as long as `older` returns one. */
  alsoReading(older: () => KeyRing | undefined): KeyRing {
    return new KeyRing(this.#keys, this.#clock, older)
  }

  /**
   * The key that writes.
   *
   * @throws SojournError `OPTION_INVALID` if no key is usable any more, `SECRET_MISSING` if there is none at all.
   */
  get current(): MasterKey {
    const current = this.findCurrent()
    if (current !== undefined) return current
    if (this.#keys().length > 0) throw nothingUsable()
    throw new SojournError('SECRET_MISSING', 'Expected one secret or more to sign with, got an empty array.')
  }

  /** The same, but undefined if no key is usable any more. */
  findCurrent(): MasterKey | undefined {
    return this.usable()[0]
  }

  /** Finds the key of an id. Returns undefined if it is unknown, revoked or past its `notAfter`. */
  find(id: string): MasterKey | undefined {
    const known = this.#keys().find(key => key.id === id)
    // A key that is unusable in this ring must not be found in the older ring.
    if (known === undefined) return this.#older?.()?.find(id)
    return known.stateAt(this.#clock.now()) === 'usable' ? known : undefined
  }

  /** All keys that read. The first one writes. */
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

/** Returns a function that returns the keys of an array of secrets. It makes new ones when the array has changed. */
function watch(secrets: readonly Secret[]): () => readonly MasterKey[] {
  let seen: readonly Secret[] = []
  let keys = new Map<Secret, MasterKey>()
  let inOrder: readonly MasterKey[] = []
  return () => {
    if (hasSameItems(secrets, seen)) return inOrder
    seen = [...secrets]
    // A secret that is still in the array keeps its key.
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
