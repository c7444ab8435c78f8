import { hash, randomBytes } from 'node:crypto'
import { type CipherSetting, decrypt, encrypt, tagBytes } from '../keys/cipher.ts'
import { deriveKey } from '../keys/derived-key.ts'

/** One rotation: the hash of the old id, and the new id, encrypted with the old one. */
interface Hop {
  readonly from: string
  readonly to: string
  /** Until when a request may still begin with the old id. Known after the first request with the new id. */
  readonly until: number
}

/** The ids of a session in its record: the hash of the current one, and the latest rotations, the newest last. */
interface Rotation {
  readonly current: string
  readonly rotatedAt: number
  readonly hops: readonly Hop[]
}

/** Separates the rotated part of an id. Cookies need no encoding for it. */
const mark = '~'
const partLength = 32
const nonceBytes = 12
/** The end of the grace as long as no request has used the new id, which may not have reached the visitor. */
const untilItIsUsed = Number.MAX_SAFE_INTEGER
/** Enough for a slow request during which the id rotates several times, and a bound for the size of a record. */
const mostHops = 4
const rotated: RegExp = /~[A-Za-z0-9_-]{32}$/

/** Whether an id has the form of a rotated one. */
export function isRotatedId(id: string): boolean {
  return id.charAt(id.length - partLength - 1) === mark && rotated.test(id)
}

/** The part of an id that a rotation does not change. Its hash is the key of the record, which so stays the same. */
export function rootOf(id: string): string {
  return isRotatedId(id) ? id.slice(0, -partLength - 1) : id
}

/**
 * Rotates the id of a live session.
 *
 * An id is a root; a rotation appends a second secret. The record keeps its key and stores the hash of the current id.
 * So a rotation is one `replace`, of two concurrent ones only one succeeds, and the end of the session ends all ids that
 * it has had. The record also stores the new id, encrypted with the old one: a request with the old id can find the new
 * one, but a leaked database reveals none.
 */
export class IdRotation {
  readonly #name: string
  readonly #graceMs: number

  constructor(cookieName: string, graceMs: number) {
    this.#name = cookieName
    this.#graceMs = graceMs
  }

  /** The next id of a session, with a fresh secret. */
  successorOf(id: string, secret: string): string {
    return `${rootOf(id)}${mark}${secret}`
  }

  /**
   * Begins the grace of the old ids, because a request has used the current id for the first time. Before that, it is not
   * known whether the visitor has received it: the connection may have failed.
   */
  beginGrace(noted: string | undefined, now: number): string | undefined {
    const rotation = readRotation(noted)
    if (rotation === undefined || !this.isUnused(noted)) return noted
    const hops = rotation.hops.map(hop => ({ ...hop, until: Math.min(hop.until, now + this.#graceMs) }))
    return JSON.stringify({ ...rotation, hops })
  }

  /** Whether no request has used the current id yet, as far as the record tells. */
  isUnused(noted: string | undefined): boolean {
    return noted?.includes(`"until":${untilItIsUsed}`) === true
  }

  /** Adds a rotation to the earlier ones. */
  note(noted: string | undefined, { from, to }: { from: string; to: string }, now: number): string {
    const hops = readRotation(noted)?.hops ?? []
    const hop: Hop = { from: this.#hashOf(from), to: this.#seal(from, to), until: untilItIsUsed }
    const rotation: Rotation = {
      current: this.#hashOf(to),
      rotatedAt: now,
      hops: [...hops, hop].slice(-mostHops),
    }
    return JSON.stringify(rotation)
  }

  /** When the id was last rotated; undefined for a session that still has its first id. */
  rotatedAt(noted: string | undefined): number | undefined {
    return readRotation(noted)?.rotatedAt
  }

  /**
   * Returns the current id of a session for any of its ids. Returns undefined for an id whose grace is over, or that the
   * session never had.
   */
  currentFor(id: string, noted: string | undefined, now: number): string | undefined {
    if (noted === undefined) return isRotatedId(id) ? undefined : id
    const rotation = readRotation(noted)
    if (rotation === undefined) return undefined
    const hop = this.#hopFrom(id, rotation)
    return hop !== undefined && hop.until <= now ? undefined : this.#follow(id, rotation)
  }

  /** The same for the id of an active request, for which the grace does not end. */
  currentForRequest(id: string, noted: string | undefined): string | undefined {
    return this.currentFor(id, noted, Number.NEGATIVE_INFINITY)
  }

  #follow(id: string, rotation: Rotation): string | undefined {
    let reached = id
    for (let steps = 0; steps <= mostHops; steps += 1) {
      if (this.#hashOf(reached) === rotation.current) return reached
      const hop = this.#hopFrom(reached, rotation)
      const next = hop && this.#open(reached, hop.to)
      if (next === undefined) return undefined
      reached = next
    }
    return undefined
  }

  #hopFrom(id: string, { hops }: Rotation): Hop | undefined {
    const from = this.#hashOf(id)
    return hops.find(hop => hop.from === from)
  }

  /** Another hash than the key of the record, because the key is the handle, which is public. */
  #hashOf(id: string): string {
    return hash('sha256', `sojourn:rotation:${this.#name}:${id}`, 'base64url')
  }

  /** Encrypts a new id with the old one: nonce, ciphertext and tag. */
  #seal(from: string, to: string): string {
    const nonce = randomBytes(nonceBytes)
    return Buffer.concat([nonce, encrypt(to, this.#setting(from, nonce))]).toString('base64url')
  }

  #open(from: string, sealed: string): string | undefined {
    const bytes = Buffer.from(sealed, 'base64url')
    if (bytes.length < nonceBytes + tagBytes) return undefined
    return decrypt(bytes.subarray(nonceBytes), this.#setting(from, bytes.subarray(0, nonceBytes)))
  }

  #setting(id: string, nonce: Buffer): CipherSetting {
    const fields = Buffer.from(this.#name)
    return { key: deriveKey(id, fields, 'sojourn/v1/successor'), nonce, fields }
  }
}

/** Parses the rotation of a record. The database may have been changed, so this checks every field. */
function readRotation(noted: string | undefined): Rotation | undefined {
  if (noted === undefined) return undefined
  try {
    const read: unknown = JSON.parse(noted)
    return isRotation(read) ? read : undefined
  } catch {
    return undefined
  }
}

function isRotation(read: unknown): read is Rotation {
  if (typeof read !== 'object' || read === null) return false
  const { current, rotatedAt, hops } = read as Partial<Rotation>
  if (typeof current !== 'string' || typeof rotatedAt !== 'number' || !Array.isArray(hops)) return false
  return hops.every(isHop)
}

function isHop(read: unknown): read is Hop {
  if (typeof read !== 'object' || read === null) return false
  const { from, to, until } = read as Partial<Hop>
  return typeof from === 'string' && typeof to === 'string' && typeof until === 'number'
}
