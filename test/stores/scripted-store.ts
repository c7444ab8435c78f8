import type { CallbackStore } from 'sojourn'
import { Store } from 'sojourn'

export type Verb = 'get' | 'set' | 'destroy' | 'touch'
type Answer = (error?: unknown, value?: object | null) => void

/** One call of a verb, and what answers it. */
export interface Call {
  readonly verb: Verb
  readonly id: string
  /** What a store would write at this moment; undefined for verbs that are handed no session. */
  readonly written: string | undefined
  readonly session: object | undefined
  /** Does what the verb does, and answers. Does neither when the call was answered before. */
  answer(): void
  /** Answers with an error, and does nothing. */
  fail(error: unknown): void
}

/**
 * A store for express-session whose answers a test can hold back. It acts and answers at once, in the same
 * turn, unless the verb is held; a held call acts when the test answers it.
 */
export class ScriptedStore extends Store implements CallbackStore {
  readonly sessions: Map<string, string> = new Map()
  readonly calls: Call[] = []
  readonly #held = new Set<Verb>()
  readonly #waiting: { readonly isThere: () => boolean; readonly resolve: () => void }[] = []

  hold(...verbs: readonly Verb[]): void {
    for (const verb of verbs) this.#held.add(verb)
  }

  /** Lets the verbs go again, and answers the calls that wait. */
  release(...verbs: readonly Verb[]): void {
    for (const verb of verbs) this.#held.delete(verb)
    for (const call of this.calls) if (verbs.includes(call.verb)) call.answer()
  }

  /** Resolves with the call, once the verb has been called so many times. */
  async called(verb: Verb, times = 1): Promise<Call> {
    const found = (): Call | undefined => this.of(verb)[times - 1]
    if (found() === undefined) {
      await new Promise<void>(resolve =>
        this.#waiting.push({ isThere: () => found() !== undefined, resolve }),
      )
    }
    return found()!
  }

  of(verb: Verb): readonly Call[] {
    return this.calls.filter(call => call.verb === verb)
  }

  /** The verbs in the order of their calls. */
  get verbs(): readonly Verb[] {
    return this.calls.map(({ verb }) => verb)
  }

  /** What is stored under an id, parsed. */
  stored(id: string): { readonly [name: string]: unknown } | undefined {
    const text = this.sessions.get(id)
    return text === undefined ? undefined : JSON.parse(text)
  }

  get(id: string, answer: Answer): void {
    this.#note('get', { id, answer, act: () => this.stored(id) })
  }

  set(id: string, session: object, answer: Answer): void {
    const written = JSON.stringify(session)
    this.#note('set', { id, session, answer, act: () => void this.sessions.set(id, written) })
  }

  destroy(id: string, answer: Answer): void {
    this.#note('destroy', { id, answer, act: () => void this.sessions.delete(id) })
  }

  touch(id: string, session: object, answer: Answer): void {
    this.#note('touch', { id, session, answer, act: () => void this.#touch(id, session) })
  }

  #touch(id: string, session: object): void {
    const stored = this.stored(id)
    const { cookie } = session as { readonly cookie: unknown }
    if (stored !== undefined) this.sessions.set(id, JSON.stringify({ ...stored, cookie }))
  }

  #note(verb: Verb, { id, session, answer, act }: Note): void {
    let isAnswered = false
    const once = (reply: () => void): void => {
      if (isAnswered) return
      isAnswered = true
      reply()
    }
    const call: Call = {
      verb,
      id,
      session,
      written: session && JSON.stringify(session),
      answer: () => once(() => answer(null, act() ?? undefined)),
      fail: error => once(() => answer(error)),
    }
    this.calls.push(call)
    for (const { isThere, resolve } of this.#waiting) if (isThere()) resolve()
    if (!this.#held.has(verb)) call.answer()
  }
}

interface Note {
  readonly id: string
  readonly session?: object
  readonly answer: Answer
  readonly act: () => object | undefined
}
