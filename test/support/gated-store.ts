import type { Activity, RecordStore, Replacement, SessionRecord } from 'sojourn'
import { memoryStore } from 'sojourn/memory'
import { Gate } from './gate.ts'

export type Verb = 'create' | 'load' | 'replace' | 'touch' | 'delete'

type Failing = 'throws' | 'rejects'

/**
 * A native store that answers later, as one over a network does, and whose verbs a test can hold or break.
 * A held verb acts only when its gate is opened.
 */
export class GatedStore implements RecordStore {
  readonly name = 'gated'
  readonly calls: Verb[] = []
  readonly #records = memoryStore()
  readonly #gates = new Map<Verb, Gate>()
  readonly #failures = new Map<Verb, Failing>()
  readonly #waiting: { readonly verb: Verb; readonly gate: Gate }[] = []

  /** How many sessions are there. */
  get size(): number {
    return [...this.#records.records()].length
  }

  /** What is stored in the one session that is there, as text. */
  get only(): string {
    const [record, ...others] = this.#records.records()
    if (record === undefined || others.length > 0) throw new Error('There is not one session.')
    return String(record.data)
  }

  hold(...verbs: readonly Verb[]): Gate {
    const gate = new Gate()
    for (const verb of verbs) this.#gates.set(verb, gate)
    return gate
  }

  /** Breaks verbs: from now on they throw at once, or reject later. */
  break(how: Failing, ...verbs: readonly Verb[]): void {
    for (const verb of verbs) this.#failures.set(verb, how)
  }

  mend(): void {
    this.#failures.clear()
  }

  /** Resolves once the verb has been called, or at once when it has been. */
  async called(verb: Verb): Promise<void> {
    if (this.calls.includes(verb)) return
    const gate = new Gate()
    this.#waiting.push({ verb, gate })
    await gate.passed
  }

  create(record: SessionRecord): Promise<boolean> {
    return this.#run('create', () => this.#records.create(record))
  }

  load(key: string): Promise<SessionRecord | undefined> {
    return this.#run('load', () => this.#records.load(key))
  }

  replace(record: SessionRecord, expectedVersion: number): Promise<Replacement> {
    return this.#run('replace', () => this.#records.replace(record, expectedVersion))
  }

  touch(key: string, activity: Activity): Promise<boolean> {
    return this.#run('touch', () => this.#records.touch(key, activity))
  }

  delete(key: string): Promise<boolean> {
    return this.#run('delete', () => this.#records.delete(key))
  }

  #run<Answer>(verb: Verb, act: () => Answer): Promise<Answer> {
    this.calls.push(verb)
    for (const waiting of this.#waiting) if (waiting.verb === verb) waiting.gate.open()
    const failing = this.#failures.get(verb)
    const error = new Error(`no ${verb} today`)
    if (failing === 'throws') throw error
    const passed = this.#gates.get(verb)?.passed ?? Promise.resolve()
    return passed.then(() => {
      if (failing === 'rejects') throw error
      return act()
    })
  }
}
