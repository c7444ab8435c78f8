/** The parts from which an adapter for a framework is built. `docs/adapter.md` describes them. */
export { createSessions, type KeyedOptions } from './adapters/create-sessions.ts'
export {
  type AnswerHead,
  bodyHeaders,
  type SentCookie,
  type SessionHead,
  withSessionCookie,
} from './core/cookies/answer-head.ts'
export type { Terms } from './core/engine/terms.ts'
export { exclusiveGuard } from './core/guards/exclusive.ts'
export { formTokenGuard } from './core/guards/form-token.ts'
export type { Guard, GuardedRequest, GuardedVisit, Refusal } from './core/guards/guard.ts'
export { passiveGuard } from './core/guards/passive.ts'
export { type SameOriginGuard, sameOriginGuard } from './core/guards/same-origin.ts'
export { recentSignInGuard, sessionGuard, subjectGuard } from './core/guards/signed-in.ts'
export type { ReadOnlySession } from './core/session/read-only.ts'
export type { Sessions, TypedVisit } from './core/sessions.ts'
export { type Carrier, carrierOf } from './core/visit/carrier.ts'
export type { Connection } from './core/visit/connection.ts'
export { type ServedVisit, serve, untilStored } from './core/visit/serve.ts'
