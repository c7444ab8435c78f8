import { hash, randomBytes } from 'node:crypto'
import { type CipherSetting, decrypt, encrypt, tagBytes } from '../keys/cipher.ts'
import { deriveKey } from '../keys/derived-key.ts'

/** One change of id: which id was given up, and what it was exchanged for, readable only by who has the old one. */
interface Hop {
  readonly from: string
  readonly to: string
  /** Until when the old id may still begin a request: known once the new one has begun one. */
  readonly until: number
}

/** What a record notes of its ids: the one that counts, and the latest changes, the newest last. */
interface Rotation {
  readonly current: string
  readonly rotatedAt: number
  readonly hops: readonly Hop[]
}

/** What sets the rotated part of an id off. A browser sends it as it is. */
const mark = '~'
const partLength = 32
const nonceBytes = 12
/** Until when an old id is good whose successor may never have reached the visitor. */
const untilItIsUsed = Number.MAX_SAFE_INTEGER
/** Enough for a slow request that was overtaken by three others, and an end to what a record can grow by. */
const mostHops = 4
const rotated: RegExp = /~[A-Za-z0-9_-]{32}$/

/** Whether an id has the form that only a rotation gives it. */
export function isRotatedId(id: string): boolean {
  return id.charAt(id.length - partLength - 1) === mark && rotated.test(id)
}

/** The part of an id that stays when it is rotated. The record is kept under its hash, so that it stays where it is. */
export function rootOf(id: string): string {
  return isRotatedId(id) ? id.slice(0, -partLength - 1) : id
}

/**
 * Changes the id of a session that goes on.
 *
 * An id is a root, and after a rotation a second secret behind it. The record stays where it is and notes the
 * hash of the id that counts, so that a rotation is one `replace`: of two at the same time one succeeds, and
 * whoever ends the session ends it under every id that it has had. The new id is noted too, sealed with the
 * old one, so that a request with the old id is led to the same new one, and a leaked database leads nobody.
 */
export class IdRotation {
  readonly #name: string
  readonly #graceMs: number

  constructor(cookieName: string, graceMs: number) {
    this.#name = cookieName
    this.#graceMs = graceMs
  }

  /** The id that takes the place of another, with a fresh secret. */
  successorOf(id: string, secret: string): string {
    return `${rootOf(id)}${mark}${secret}`
  }

  /**
   * Begins the grace of the ids before the current one, which a visitor has brought for the first time. Until then
   * nobody knows whether it has reached them: a connection may have broken off, or an answer of the store been lost.
   */
  beginGrace(noted: string | undefined, now: number): string | undefined {
    const rotation = readRotation(noted)
    if (rotation === undefined || !this.isUnused(noted)) return noted
    const hops = rotation.hops.map(hop => ({ ...hop, until: Math.min(hop.until, now + this.#graceMs) }))
    return JSON.stringify({ ...rotation, hops })
  }

  /** Whether no visitor has brought the current id yet, as far as the record tells. */
  isUnused(noted: string | undefined): boolean {
    return noted?.includes(`"until":${untilItIsUsed}`) === true
  }

  /** Writes down that one id has taken the place of another, after what was noted before. */
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

  /** When the id was last changed; undefined for a session that still has its first. */
  rotatedAt(noted: string | undefined): number | undefined {
    return readRotation(noted)?.rotatedAt
  }

  /**
   * Leads an id to the one that the session has now. Answers undefined for one whose grace is over, or that the session
   * never had.
   */
  currentFor(id: string, noted: string | undefined, now: number): string | undefined {
    if (noted === undefined) return isRotatedId(id) ? undefined : id
    const rotation = readRotation(noted)
    if (rotation === undefined) return undefined
    const hop = this.#hopFrom(id, rotation)
    return hop !== undefined && hop.until <= now ? undefined : this.#follow(id, rotation)
  }

  /** The same for the id of a request under way, which may take as long as it likes. */
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

  /** Not the hash that a record is kept under: that one is known to whoever sees a handle. */
  #hashOf(id: string): string {
    return hash('sha256', `sojourn:rotation:${this.#name}:${id}`, 'base64url')
  }

  /** Encrypts an id with the one that it takes the place of: nonce, ciphertext and tag. */
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

/** What a store answers is never trusted to be what was stored. */
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
