import type { MaybePromise, Store } from '../../core/record/store.ts'
import type { Session } from '../../core/session/session.ts'

/** How the contract starts the adapter to prove. */
export interface AdapterHarness {
  /** Starts an application of the framework. The contract calls it once for each clause. */
  open(site: AdapterSite): MaybePromise<AdapterBench>
}

/** The application that a clause needs. */
export interface AdapterSite {
  /** The options of the sessions, for `session` or `createSessions`. */
  readonly options: { readonly name: string; readonly secret: string; readonly store: Store }
  /** The route of a GET request for each path, such as `/read`. */
  readonly routes: { readonly [path: string]: AdapterRoute }
}

/** Answers a request. The framework handles what a route throws or rejects with, as it handles any error. */
export type AdapterRoute = (request: AdapterRequest) => MaybePromise<AdapterAnswer>

/** A request as a route sees it. */
export interface AdapterRequest {
  /** The present session of the request: a sign-in replaces it by another. */
  readonly session: Session | undefined
}

/** An answer. The harness sends it as an application of the framework would. */
export interface AdapterAnswer {
  readonly status: number
  readonly headers: { readonly [name: string]: string }
  /** Send text in one piece. Stream anything else: each chunk leaves as soon as it is there. */
  readonly body: string | AsyncIterable<string>
}

/** One running application. */
export interface AdapterBench {
  /** Sends a GET request to it, as `fetch` does. Resolves when the head of the response is there. */
  request(path: string, init: AdapterRequestInit): Promise<Response>
  /** Called after the clause, whether it passed or failed. */
  close?(): MaybePromise<void>
}

/** The second parameter of `fetch`. */
export interface AdapterRequestInit {
  readonly headers: Record<string, string>
  readonly redirect: 'manual'
}
