import { cookieClauses } from './adapter/cookies.ts'
import type { AdapterHarness } from './adapter/harness.ts'
import { inputClauses } from './adapter/input.ts'
import { saveClauses } from './adapter/saves.ts'
import { type AdapterSceneClause, runScene } from './adapter/scene.ts'
import { sharingClauses } from './adapter/sharing.ts'
import { streamClauses } from './adapter/streams.ts'

/** One promise of the contract. */
export interface AdapterClause {
  /** The promise in plain words; no two clauses share one. */
  readonly name: string
  /** Starts an application and proves the promise on it. Rejects with an `AssertionError` when it is broken. */
  run(): Promise<void>
}

const clauses: readonly AdapterSceneClause[] = [
  ...saveClauses,
  ...streamClauses,
  ...cookieClauses,
  ...sharingClauses,
  ...inputClauses,
]

/**
 * Lists what an adapter must do, as clauses for any test runner. Each runs with a store that answers at once, and with one
 * that answers later.
 *
 * @example for (const clause of adapterContract(harness)) test(clause.name, () => clause.run())
 */
export function adapterContract(harness: AdapterHarness): readonly AdapterClause[] {
  return (['at once', 'later'] as const).flatMap(promptness =>
    clauses.map(clause => ({
      name: `${clause.name}, with a store that answers ${promptness}`,
      run: () => runScene(clause, harness, promptness),
    })),
  )
}
