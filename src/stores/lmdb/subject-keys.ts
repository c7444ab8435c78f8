import { hash } from 'node:crypto'
import type { Database } from 'lmdb'

const present = Buffer.of(1)
/** Comes behind every key of a record. */
const lastKey = '\u{10ffff}'
/** A name in the file has room for 1978 bytes, and one of these characters takes three at most. */
const longestPlain = 256

/** Whose records are whose. It is only written together with the records themselves. */
export class SubjectKeys {
  readonly #keys: Database<Buffer, [subject: string, key: string]>

  constructor(keys: Database<Buffer, [subject: string, key: string]>) {
    this.#keys = keys
  }

  /** Notes that a record is somebody's now, and no longer somebody else's. */
  move(key: string, from: string | undefined, to: string | undefined): void {
    if (from === to) return
    if (from !== undefined) void this.#keys.remove([nameOf(from), key])
    if (to !== undefined) void this.#keys.put([nameOf(to), key], present)
  }

  of(subject: string): readonly string[] {
    const name = nameOf(subject)
    return [...this.#keys.getKeys({ start: [name], end: [name, lastKey] }).map(([, key]) => key)]
  }
}

/** A subject as a name in the file. The first letter keeps a long one apart from a short one that looks like its hash. */
export function nameOf(subject: string): string {
  return subject.length <= longestPlain ? `=${subject}` : `#${hash('sha256', subject, 'base64url')}`
}
