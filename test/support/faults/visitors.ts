import { setImmediate } from 'node:timers/promises'
import { createSessions } from '../../../src/adapters/create-sessions.ts'
import type { Store } from '../../../src/core/record/store.ts'
import type { Sessions, TypedVisit } from '../../../src/core/sessions.ts'
import type { Carrier } from '../../../src/core/visit/carrier.ts'

/** What each session holds. */
export interface Counted {
  count?: number
}

/** What a process tells of one visitor: what has been answered, what is about to be asked, and what has failed. */
export interface Word {
  readonly visitor: string
  readonly what: 'began' | 'counted' | 'leaving' | 'left' | 'failed'
  /** When it was so, by the clock of the machine that all the processes share. */
  readonly at: number
  /** The `Cookie` header, when the visitor was given one. */
  readonly cookie?: string | undefined
  /** What failed. */
  readonly code?: string
}

const secret = 'the secret of whoever measures what a fault leaves behind'

/** The manager with which sessions are made, and looked for afterwards. */
export function managerOn(store: Store): Sessions<Counted> {
  return createSessions<Counted>({ secret, store, name: 'sid', idle: '1h', absolute: '8h', deadline: '3s' })
}

/** Whose session a visitor's is. */
export function subjectOf(visitor: string): string {
  return `subject of ${visitor}`
}

/** One visitor after another: each signs in, counts a few times, and every second one signs out. */
export class Visitors {
  readonly #sessions: Sessions<Counted>
  readonly #hear: (word: Word) => void
  #isOpen = true

  constructor(sessions: Sessions<Counted>, hear: (word: Word) => void) {
    this.#sessions = sessions
    this.#hear = hear
  }

  /** Lets visitors come in so many lanes, until it is stopped. */
  async run(lanes: number, process: string): Promise<void> {
    await Promise.all(Array.from({ length: lanes }, (_, lane) => this.#lane(`${process}-${lane}`)))
  }

  stop(): void {
    this.#isOpen = false
  }

  async #lane(name: string): Promise<void> {
    for (let number = 0; this.#isOpen; number += 1) {
      await this.#receive(`${name}-${number}`, number % 2 === 1)
      // A store in the same process never waits, so that nothing else would ever have its turn.
      await setImmediate()
    }
  }

  async #receive(visitor: string, isLeaving: boolean): Promise<void> {
    const cookie = await this.#begin(visitor)
    if (cookie === undefined) return
    for (let time = 1; time <= 3 && this.#isOpen; time += 1) await this.#count(visitor, cookie)
    if (isLeaving && this.#isOpen) await this.#leave(visitor, cookie)
  }

  #begin(visitor: string): Promise<string | undefined> {
    return this.#attempt(visitor, async () => {
      const visit = this.#sessions.visit(carrierOf(undefined))
      await visit.open()
      await visit.session?.signIn(subjectOf(visitor))
      await visit.commit()
      const cookie = visit.setCookie?.split(';', 1).join('')
      this.#tell({ visitor, what: 'began', cookie })
      return cookie
    })
  }

  #count(visitor: string, cookie: string): Promise<unknown> {
    return this.#attempt(visitor, async () => {
      const visit = await this.#arrive(cookie)
      await visit.session?.update(session => {
        session.count = (session.count ?? 0) + 1
      })
      await visit.commit()
      this.#tell({ visitor, what: 'counted' })
    })
  }

  #leave(visitor: string, cookie: string): Promise<unknown> {
    return this.#attempt(visitor, async () => {
      const visit = await this.#arrive(cookie)
      this.#tell({ visitor, what: 'leaving' })
      await visit.session?.destroy()
      await visit.commit()
      this.#tell({ visitor, what: 'left' })
    })
  }

  #tell(word: Omit<Word, 'at'>): void {
    this.#hear({ ...word, at: Date.now() })
  }

  async #arrive(cookie: string): Promise<TypedVisit<Counted>> {
    const visit = this.#sessions.visit(carrierOf(cookie))
    await visit.open()
    if (visit.outcome === 'found') return visit
    throw Object.assign(new Error('The session is not there.'), { code: visit.outcome })
  }

  async #attempt<Result>(visitor: string, work: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await work()
    } catch (error) {
      this.#tell({ visitor, what: 'failed', code: codeOf(error) })
      return undefined
    }
  }
}

/** What a visitor brings. */
export function carrierOf(cookieHeader: string | undefined): Carrier {
  return { cookieHeader, isSecure: true, request: undefined }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
