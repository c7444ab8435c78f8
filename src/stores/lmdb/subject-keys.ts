import { hash } from 'node:crypto'
import type { Part } from './engine.ts'

const present = Buffer.of(1)
/** Sorts after the key of every record. */
const lastKey = '\u{10ffff}'
/** With the character before it, the longest text that the engine writes exactly: a null character cuts a longer one off. */
const longestPlain = 62

/** The part of the file that lists the records of each subject. */
export interface SubjectFiles {
  /** One entry for each record that has a subject. */
  readonly keys: Part<[subject: string, key: string]>
  /** Makes the next read see every write of any process so far. Throws once the file is closed. */
  refresh(): void
}

/** The keys of each subject's records. They are only written in the transaction that writes the record. */
export class SubjectKeys {
  readonly #files: SubjectFiles

  constructor(files: SubjectFiles) {
    this.#files = files
  }

  /** Moves a record from one subject to another. */
  move(key: string, from: string | undefined, to: string | undefined): void {
    if (from === to) return
    if (from !== undefined) void this.#files.keys.remove([nameOf(from), key])
    if (to !== undefined) void this.#files.keys.put([nameOf(to), key], present)
  }

  of(subject: string): readonly string[] {
    this.#files.refresh()
    const name = nameOf(subject)
    const names = this.#files.keys.getKeys({ start: [name], end: [name, lastKey] })
    return Array.from(names, ([, key]) => key)
  }
}

/** A subject as a name in the file. Its first character tells a short subject from a hash that looks the same. */
export function nameOf(subject: string): string {
  return subject.length <= longestPlain ? `=${subject}` : `#${hash('sha256', subject, 'base64url')}`
}
