import { randomFillSync } from 'node:crypto'
import { describeValue, SojournError } from '../report/errors.ts'
import { isRotatedId } from './id-rotation.ts'

const idBytes = 24
const poolSize = 256
const longestId = 256

/** Makes ids: 32 characters of base64url from 24 random bytes. One call of the random source is enough for many ids. */
export class IdMint {
  readonly #pool = Buffer.alloc(idBytes * poolSize)
  readonly #fill: (bytes: Buffer) => unknown
  #next: number

  constructor(fill: (bytes: Buffer) => unknown = randomFillSync) {
    this.#fill = fill
    this.#next = this.#pool.length
  }

  mint(): string {
    if (this.#next === this.#pool.length) this.#refill()
    const start = this.#next
    this.#next = start + idBytes
    const id = this.#pool.toString('base64url', start, this.#next)
    // Cleared, so that a heap dump does not show ids that are in use.
    this.#pool.fill(0, start, this.#next)
    return id
  }

  // `#next` changes only after the source has returned: if the source throws, no old bytes may be used again.
  #refill(): void {
    this.#fill(this.#pool)
    this.#next = 0
  }
}

/**
 * Checks an id of the application's own `genid`.
 *
 * @throws SojournError `ID_INVALID` if it is not a well-formed string of 1 to 256 characters, or has the form of a
 * rotated id.
 */
export function checkId(id: unknown): string {
  if (typeof id === 'string' && id.length > 0 && id.length <= longestId && id.isWellFormed()) {
    return isRotatedId(id) ? refuseRotated() : id
  }
  const got = typeof id === 'string' ? `one of ${id.length} characters` : describeValue(id)
  throw new SojournError(
    'ID_INVALID',
    `Expected \`genid\` to return a string of 1 to ${longestId} characters, got ${got}.`,
  )
}

function refuseRotated(): never {
  throw new SojournError(
    'ID_INVALID',
    'Expected `genid` to return an id that does not end in ~ and 32 letters or digits, because a rotated id does, got one that does.',
  )
}
