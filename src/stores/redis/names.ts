import { hash } from 'node:crypto'

/** The names of the store's keys on the server. The store gives them no common hash tag, so a cluster spreads them. */
export class Names {
  /** The beginning of the name of every record. */
  readonly records: string
  readonly #prefix: string

  constructor(prefix: string) {
    this.#prefix = prefix
    this.records = `${prefix}s:`
  }

  record(key: string): string {
    return `${this.records}${key}`
  }

  /** The list of a subject's sessions. The subject is hashed because it may be long, and may be confidential. */
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
