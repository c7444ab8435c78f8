export type {
  AdapterAnswer,
  AdapterBench,
  AdapterHarness,
  AdapterRequest,
  AdapterRequestInit,
  AdapterRoute,
  AdapterSite,
} from './adapter/harness.ts'
export { type AdapterClause, adapterContract } from './adapter-contract.ts'
export { type FakeClock, fakeClock } from './fake-clock.ts'
export { BrokenPromise, type PromiseName, promises } from './promises/broken-promise.ts'
export { playStory, type StoryHarness } from './promises/play.ts'
export { type Step, type StepName, type Story, type StorySettings, stepNames } from './promises/story.ts'
export { type PromisesOptions, promisesHold } from './promises-hold.ts'
export type { StorePower } from './scene.ts'
export {
  type BrowserCookie,
  type SessionCookie,
  type SessionCookieOptions,
  sessionCookie,
} from './session-cookie.ts'
export { type StoreBench, type StoreClause, type StoreHarness, storeContract } from './store-contract.ts'
