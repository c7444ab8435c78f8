export { type FakeClock, fakeClock } from './fake-clock.ts'
export type { StorePower } from './scene.ts'
export { type StoreBench, type StoreClause, type StoreHarness, storeContract } from './store-contract.ts'
