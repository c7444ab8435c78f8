import { hash } from 'node:crypto'

/** The names of the store's keys on the server. Sessions, lists, epochs and leases are each in a slot of their own. */
export class Names {
  /** With what the name of every record begins. */
  readonly records: string
  readonly #prefix: string

  constructor(prefix: string) {
    this.#prefix = prefix
    this.records = `${prefix}s:`
  }

  record(key: string): string {
    return `${this.records}${key}`
  }

  /** The sessions of a subject. A subject is hashed, because it may be long, and may be meant for nobody's eyes. */
  sessionsOf(subject: string): string {
    return `${this.#prefix}u:${hash('sha256', subject, 'base64url')}`
  }

  lease(name: string): string {
    return `${this.#prefix}l:${name}`
  }

  epochOf(subject: string): string {
    return `${this.#prefix}e:${hash('sha256', subject, 'base64url')}`
  }
}
