import { hash } from 'node:crypto'
import type { Part } from './engine.ts'

const present = Buffer.of(1)
/** Comes behind every key of a record. */
const lastKey = '\u{10ffff}'
/** With the letter before it, it is the longest text that the engine writes exactly: in a longer one a zero ends it. */
const longestPlain = 62

/** The part of the file that says whose records are whose. */
export interface SubjectFiles {
  /** A key for each record that somebody has signed in to. */
  readonly keys: Part<[subject: string, key: string]>
  /** Lets the next read see what every process has written by now. Throws once the file is closed. */
  refresh(): void
}

/** Whose records are whose. It is only written together with the records themselves. */
export class SubjectKeys {
  readonly #files: SubjectFiles

  constructor(files: SubjectFiles) {
    this.#files = files
  }

  /** Notes that a record is somebody's now, and no longer somebody else's. */
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

/** A subject as a name in the file. The first letter keeps a long one apart from a short one that looks like its hash. */
export function nameOf(subject: string): string {
  return subject.length <= longestPlain ? `=${subject}` : `#${hash('sha256', subject, 'base64url')}`
}
