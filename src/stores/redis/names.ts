import { hash } from 'node:crypto'

/** The names of the store's keys on the server. The store gives them no common hash tag, so a cluster spreads them. */
export class Names {
  /** The beginning of the name of every record, and of every epoch. */
  readonly records: string
  readonly epochs: string
  readonly #prefix: string
  readonly #clientPrefix: string

  constructor(prefix: string, clientPrefix = '') {
    this.#prefix = prefix
    this.#clientPrefix = clientPrefix
    this.records = `${prefix}s:`
    this.epochs = `${prefix}e:`
  }

  record(key: string): string {
    return `${this.records}${key}`
  }

  /** The list of a subject's sessions. */
  sessionsOf(subject: string): string {
    return `${this.#prefix}u:${hashOf(subject)}`
  }

  epochOf(subject: string): string {
    return `${this.epochs}${hashOf(subject)}`
  }

  /** A name as the server knows it: the client adds its prefix to the keys of a command, but not inside a script. */
  inScripts(name: string): string {
    return `${this.#clientPrefix}${name}`
  }

  lease(name: string): string {
    return `${this.#prefix}l:${name}`
  }
}

/** A subject in a name is hashed because it may be long, and may be confidential. */
export function hashOf(subject: string): string {
  return hash('sha256', subject, 'base64url')
}
