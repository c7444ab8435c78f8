import type { EncodedData, MaybePromise, Store } from '../core/record/store.ts'
import { connectionClauses } from './clauses/connections.ts'
import { createClauses } from './clauses/create.ts'
import { dataClauses } from './clauses/data.ts'
import { deleteClauses } from './clauses/delete.ts'
import { epochClauses } from './clauses/epochs.ts'
import { leaseClauses } from './clauses/leases.ts'
import { loadClauses } from './clauses/load.ts'
import { powerClauses } from './clauses/powers.ts'
import { replaceClauses } from './clauses/replace.ts'
import { subjectClauses } from './clauses/subjects.ts'
import { touchClauses } from './clauses/touch.ts'
import { Scene, type SceneClause, type StorePower } from './scene.ts'

/** How the contract opens the store to prove. */
export interface StoreHarness {
  /**
   * What the store can do beyond the five verbs. Each power adds its own clauses. A clause fails when the store has a
   * power that the harness does not name.
   * @default []
   */
  readonly powers?: readonly StorePower[]
  /** Opens an empty store. The contract calls it once for each clause. */
  open(): MaybePromise<StoreBench>
}

/** One empty store and its time. */
export interface StoreBench {
  readonly store: Store<EncodedData>
  /**
   * Opens a second store on the same place, with a connection of its own, as another process has it. Without this method,
   * the clauses about two connections use the one store.
   */
  peer?(): MaybePromise<Store<EncodedData>>
  /** With the power `repeats`: makes the driver send the next command again, although the server has run it. */
  loseAnswer?(): void
  /** The time as the store sees it. */
  now(): number
  /**
   * Lets time pass for the store. With the power `sweep`, only the clause may remove expired records, so that it can
   * check the count that a sweep answers.
   */
  advance(spanMs: number): MaybePromise<void>
  /** Called after the clause, whether it passed or failed. */
  close?(): MaybePromise<void>
}

/** One promise of the contract. */
export interface StoreClause {
  /** The promise in plain words; no two clauses share one. */
  readonly name: string
  /** Opens a store and proves the promise on it. Rejects with an `AssertionError` when it is broken. */
  run(): Promise<void>
}

/**
 * Lists what a store must do, as clauses for any test runner.
 *
 * @example for (const clause of storeContract(harness)) test(clause.name, () => clause.run())
 */
export function storeContract(harness: StoreHarness): readonly StoreClause[] {
  const powers = harness.powers ?? []
  return [
    ...createClauses,
    ...loadClauses,
    ...dataClauses,
    ...replaceClauses,
    ...touchClauses,
    ...deleteClauses,
    ...powerClauses,
    ...subjectClauses,
    ...epochClauses,
    ...leaseClauses,
    ...connectionClauses,
  ]
    .filter(clause => (clause.powers ?? []).every(power => powers.includes(power)))
    .map(clause => ({ name: clause.name, run: () => runOnOwnStore(clause, harness) }))
}

async function runOnOwnStore(clause: SceneClause, harness: StoreHarness): Promise<void> {
  const bench = await harness.open()
  try {
    await clause.prove(new Scene(bench, harness.powers ?? []))
  } finally {
    await bench.close?.()
  }
}
