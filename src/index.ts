export { createSessions } from './adapters/create-sessions.ts'
export {
  type SessionFunction,
  type SessionMiddleware,
  type SessionOptions,
  session,
  session as default,
} from './adapters/express.ts'
export {
  exclusive,
  formToken,
  passive,
  requireFormToken,
  requireRecentSignIn,
  requireSession,
  requireSubject,
  type SameOriginMiddleware,
  sameOrigin,
} from './adapters/guards.ts'
export type { Middleware } from './adapters/node/messages.ts'
export type { CookieData, CookieOptions } from './core/cookies/cookie.ts'
export type { ConflictResolver } from './core/data/merge.ts'
export type { SessionSummary } from './core/engine/subjects.ts'
export type { ExclusiveOptions } from './core/guards/exclusive.ts'
export type { FormTokenOptions } from './core/guards/form-token.ts'
export type { SameOriginOptions } from './core/guards/same-origin.ts'
export type { GuardOptions } from './core/guards/signed-in.ts'
export type { KeyOptions } from './core/keys/key-options.ts'
export type { Secret } from './core/keys/secret.ts'
export type { SessionsOptions } from './core/policy/options.ts'
export type { PresetName } from './core/policy/presets.ts'
export type { Device } from './core/record/device.ts'
export type {
  Activity,
  AdoptingStore,
  EncodedData,
  EnumeratingStore,
  EpochExchange,
  ForeignSession,
  Lease,
  Leases,
  LeasingStore,
  LoadedRecord,
  MaybePromise,
  Replacement,
  SessionFacts,
  SessionRecord,
  Store as RecordStore,
  StoreCall,
  StoreTraits,
  SubjectEpoch,
  SubjectListing,
  SubjectStore,
  Sweep,
  SweepingStore,
  TakeOver,
  Touch,
} from './core/record/store.ts'
export { errorCodes, SojournError, type SojournErrorCode } from './core/report/errors.ts'
export {
  type ConflictedEvent,
  type CrossSiteEvent,
  eventNames,
  type SessionEvent,
  type SessionEvents,
  type StoreFailedEvent,
  type TamperedEvent,
} from './core/report/events.ts'
export type {
  RegenerateOptions,
  SessionCallback,
  SignInOptions,
  SignOutOptions,
} from './core/session/session.ts'
// With a star: only then can an application augment `SessionData` in this module.
export * from './core/session/session-data.ts'
export type { Sessions, SubjectSessions, TypedVisit } from './core/sessions.ts'
export { type Clock, systemClock } from './core/time/clock.ts'
export type { Duration } from './core/time/duration.ts'
export type { Carrier, ParsedCookie } from './core/visit/carrier.ts'
export type { Outcome } from './core/visit/find-session.ts'
export { Cookie } from './session/cookie.ts'
export { MemoryStore } from './session/memory.ts'
export { Session } from './session/session.ts'
export { type CompleteStore, Store } from './session/store.ts'
export type { CallbackStore } from './stores/callback.ts'
export type { LmdbPackage } from './stores/lmdb.ts'
export { type MemoryStoreOptions, memoryStore } from './stores/memory.ts'
export { type OpenedStore, openStore, type StoreDrivers } from './stores/open-store.ts'
