import assert from 'node:assert/strict'
import type { AdapterBench, AdapterHarness, AdapterRoute } from './harness.ts'
import { commonRoutes } from './routes.ts'
import { Visitor } from './visitor.ts'
import { type Promptness, WatchedStore } from './watched-store.ts'

/** A clause without its adapter. */
export interface AdapterSceneClause {
  readonly name: string
  prove(scene: AdapterScene): Promise<void>
}

/** How long a clause may take. Then it fails. */
const patienceMs = 10_000
const name = 'contract.sid'
const secret = 'only the contract for adapters knows this'

/** What a clause works with: one application, its store, and visitors. */
export class AdapterScene {
  readonly store: WatchedStore
  readonly #harness: AdapterHarness
  #bench: AdapterBench | undefined

  constructor(harness: AdapterHarness, promptness: Promptness) {
    this.#harness = harness
    this.store = new WatchedStore(promptness)
  }

  /** Starts the application, with the common routes and those of the clause. */
  async open(routes: { readonly [path: string]: AdapterRoute } = {}): Promise<void> {
    const { store } = this
    this.#bench = await this.#harness.open({
      options: { name, secret, store },
      routes: { ...commonRoutes, ...routes },
    })
  }

  /** A visitor with a cookie, or without one. */
  visitor(cookie?: string): Visitor {
    assert.ok(this.#bench, 'Expected a clause to call `open` before a visitor comes.')
    return new Visitor(this.#bench, { name, cookie })
  }

  async signedIn(): Promise<Visitor> {
    const visitor = this.visitor()
    await visitor.get('/sign-in')
    assert.ok(visitor.cookie, 'Expected the answer to a sign-in to carry the cookie.')
    return visitor
  }

  /** Makes some other requests and waits for their answers, so that anything ready to be sent has been sent. */
  async others(): Promise<void> {
    for (const _ of [1, 2, 3]) await this.visitor().get('/plain')
  }

  /** Asserts that an answer waits for a store call, and goes on waiting until the store answers it. */
  async expectHeld(answer: Promise<unknown>, call: Promise<void>): Promise<void> {
    let isOver = false
    const end = (): void => {
      isOver = true
    }
    answer.then(end, end)
    await Promise.race([call, answer])
    await this.others()
    assert.ok(!isOver, 'Expected the answer to wait for the store.')
  }

  /** Asserts that no store call is under way after the application has answered all requests. */
  expectNothingLeft(): void {
    assert.equal(this.store.pending, 0, 'Expected no call of the store to go on after the answers.')
  }

  async close(): Promise<void> {
    this.store.mend()
    await this.#bench?.close?.()
  }
}

/** Proves a clause on an application of its own. */
export async function runScene(
  clause: AdapterSceneClause,
  harness: AdapterHarness,
  promptness: Promptness,
): Promise<void> {
  const scene = new AdapterScene(harness, promptness)
  const rejections: unknown[] = []
  const note = (reason: unknown): void => void rejections.push(reason)
  process.on('unhandledRejection', note)
  try {
    await withPatience(clause.prove(scene))
    scene.expectNothingLeft()
    // Node emits `unhandledRejection` after the promise callbacks of a turn have run.
    await new Promise(resolve => setImmediate(resolve))
    assert.deepEqual(rejections, [], 'Expected no unhandled rejection of a promise.')
  } finally {
    process.off('unhandledRejection', note)
    await scene.close()
  }
}

async function withPatience(proving: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const giving = new Promise<never>((_, reject) => {
    const message = 'Expected an answer of the application within ten seconds, got none.'
    timer = setTimeout(() => reject(new assert.AssertionError({ message })), patienceMs)
  })
  await Promise.race([proving, giving]).finally(() => clearTimeout(timer))
}
