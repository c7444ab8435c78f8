import { AsyncLocalStorage } from 'node:async_hooks'
import { IdMint } from '../../core/ids/id-mint.ts'
import { knowsSubjects } from '../../core/record/powers.ts'
import type { MaybePromise, Store } from '../../core/record/store.ts'
import { SojournError } from '../../core/report/errors.ts'
import type { StoreBench } from '../store-contract.ts'
import { Breach, BrokenPromise } from './broken-promise.ts'
import type { KnownSession } from './known-session.ts'
import { Model } from './model.ts'
import { absoluteMs, graceMs, idleMs, type Node, type StoryVisit, startNode } from './node.ts'
import { type Ending, Operation } from './operation.ts'
import { Random } from './random.ts'
import { ScheduledStore, ScheduledSubjectStore } from './scheduled-store.ts'
import type { Story, StorySettings, WaitingCalls } from './story.ts'
import { Timeline } from './timeline.ts'
import type { Browser, UnderWay } from './under-way.ts'

/** How many processes share the store. */
export const nodeCount = 2
const browserCount = 2

/** The operation that a store call belongs to. All stories share it, because each such storage makes every promise slower. */
const current = new AsyncLocalStorage<Operation>()

/** An operation for one of the processes. */
interface Task<Result> {
  readonly name: string
  readonly node: number
  work(): MaybePromise<Result>
  /** Compares the result with the model. */
  finish(ending: Ending<Result>): void
}

/** Everything in a story: two processes, a store, browsers, requests under way, and the model. */
export class World {
  readonly settings: StorySettings
  readonly bench: StoreBench
  readonly timeline: Timeline
  readonly store: ScheduledStore
  readonly model: Model
  readonly nodes: Node[]
  readonly browsers: readonly Browser[]
  readonly requests: Set<UnderWay> = new Set()
  /** Every `Cookie` header that a browser got, and its session. */
  readonly cookies: Map<string, KnownSession> = new Map()
  readonly trace: string[] = []
  readonly hasSubjects: boolean
  /** Set during the audit. */
  isAuditing = false
  /** The number of failed calls and killed processes. */
  mishaps = 0
  #broken: unknown
  #numbers = 0
  /** Both processes share one source of ids, so that they never make the same one. */
  readonly #mint: IdMint
  readonly #running = new Map<Operation, (ending: unknown) => void>()

  constructor({ settings, seed = 0 }: Story, bench: StoreBench) {
    const random = new Random(seed)
    this.#mint = new IdMint(bytes => random.fill(bytes))
    this.settings = settings
    this.bench = bench
    this.timeline = new Timeline(() => bench.now())
    this.hasSubjects = knowsSubjects(bench.store)
    this.store = this.#scheduled(bench)
    const touchEveryMs = settings.touchEvery === '1s' ? 1000 : 60_000
    const { maxPerSubject: most, atLimit } = settings
    const limit = { most, isEvicting: atLimit === 'evict-oldest' }
    this.model = new Model({ idleMs, absoluteMs, graceMs, touchEveryMs }, limit)
    this.nodes = Array.from({ length: nodeCount }, () => this.#start())
    this.browsers = Array.from({ length: browserCount }, () => ({ cookie: undefined }))
  }

  /** A number that this story has not used yet. */
  nextNumber(): number {
    this.#numbers += 1
    return this.#numbers
  }

  nodeAt(index: number): Node {
    const node = this.nodes[index]
    if (node === undefined) throw new RangeError(`Expected a process with the number ${index}.`)
    return node
  }

  tell(line: string): void {
    this.trace.push(line)
  }

  /** Begins an operation. It ends when the story has let its store calls through. */
  begin<Result>({ name, node, work, finish }: Task<Result>): Operation {
    const { isAuditing } = this
    const operation = new Operation(name, this.timeline.next(), { node, isAudit: isAuditing })
    this.#running.set(operation, error => this.#end(operation, { error }, finish))
    new Promise<Result>(resolve => resolve(current.run(operation, work))).then(
      result => this.#end(operation, { result }, finish),
      error => this.#end(operation, { error }, finish),
    )
    return operation
  }

  /** Replaces a process by a new one. The old one's operations never get an answer. */
  async restart(index: number, hasEffect: (call: number) => boolean): Promise<void> {
    const { waiting } = this.store
    const lost = waiting.filter(({ operation }) => operation.node === index)
    for (const [number, call] of lost.entries()) {
      if (hasEffect(number)) await call.act(this.bench.now())
      waiting.splice(waiting.indexOf(call), 1)
    }
    for (const [operation, end] of this.#running) {
      if (operation.node !== index) continue
      operation.failures += 1
      end(new Error('The process has ended.'))
    }
    this.nodes[index] = this.#start()
  }

  /** Makes the model learn the present session of a request. */
  meet(visit: StoryVisit): KnownSession | undefined {
    const { session } = visit
    return session && this.model.learn(session.id, session.handle, this.timeline.next())
  }

  /** Runs a check, and keeps the first error. `settle` throws it. */
  guard(work: () => void): void {
    try {
      work()
    } catch (error) {
      const isBreach = error instanceof Breach
      this.#broken ??= isBreach ? new BrokenPromise(error.promise, error.message, [...this.trace]) : error
    }
  }

  /** Waits until nothing can go on without another step. @throws BrokenPromise */
  async settle(): Promise<void> {
    do await new Promise(resolve => setImmediate(resolve))
    while (this.store.isBusy)
    if (this.#broken !== undefined) throw this.#broken
  }

  #end<Result>(
    operation: Operation,
    { result, error }: { result?: Result; error?: unknown },
    finish: (ending: Ending<Result>) => void,
  ): void {
    // The process was killed, and its operation has ended already.
    if (!this.#running.delete(operation)) return
    const span = { from: operation.from, until: this.timeline.next() }
    const failure = error === undefined ? undefined : { code: codeOf(error), text: String(error) }
    if (!operation.isAudit) this.tell(`-> ${operation.name}: ${failure?.code ?? 'done'}`)
    this.guard(() => finish({ operation, span, result, failure }))
  }

  #scheduled({ store }: StoreBench): ScheduledStore {
    const schedule = {
      waits: leastWaiting(store, this.settings.waits),
      current: () => this.#mustBeCurrent(),
      noteEffect: (operation: Operation, isRead: boolean) => {
        operation.lastEffect = this.timeline.next()
        if (isRead) operation.firstRead ??= operation.lastEffect
      },
    }
    return knowsSubjects(store)
      ? new ScheduledSubjectStore(store, schedule)
      : new ScheduledStore(store, schedule)
  }

  #mustBeCurrent(): Operation {
    const operation = current.getStore()
    if (operation === undefined) throw new Error('Expected every store call to belong to an operation.')
    return operation
  }

  #start(): Node {
    const { settings, store } = this
    return startNode({ settings, store, mint: this.#mint, now: () => this.bench.now() })
  }
}

/** Calls that the store cannot answer at once always wait, so that the story decides when they take effect. */
function leastWaiting(store: Store, wanted: WaitingCalls): WaitingCalls {
  if (store.traits?.readsAtOnce !== true) return 'all'
  if (wanted !== 'none') return wanted
  return store.delete('nobody') instanceof Promise ? 'writes' : 'none'
}

function codeOf(error: unknown): string {
  return error instanceof SojournError ? error.code : 'CRASHED'
}
