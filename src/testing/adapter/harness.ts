import type { MaybePromise, Store } from '../../core/record/store.ts'
import type { Session } from '../../core/session/session.ts'

/** How the contract gets at the adapter that it is to prove. */
export interface AdapterHarness {
  /** Starts an application of the framework. It is called once for each clause. */
  open(site: AdapterSite): MaybePromise<AdapterBench>
}

/** The application that a clause asks for. */
export interface AdapterSite {
  /** The options of the sessions, for `session` or `createSessions`. */
  readonly options: { readonly name: string; readonly secret: string; readonly store: Store }
  /** What is answered to a GET request for each path, such as `/read`. */
  readonly routes: { readonly [path: string]: AdapterRoute }
}

/** Says what to answer. What a route throws or rejects with goes the way of the framework's errors. */
export type AdapterRoute = (request: AdapterRequest) => MaybePromise<AdapterAnswer>

/** What a route sees of a request. */
export interface AdapterRequest {
  /** The session that the request has at this moment: another one after a sign-in. */
  readonly session: Session | undefined
}

/** An answer, to be sent as an application of the framework would send it. */
export interface AdapterAnswer {
  readonly status: number
  readonly headers: { readonly [name: string]: string }
  /** Text is sent in one piece. Anything else is streamed: each chunk leaves as soon as it is there. */
  readonly body: string | AsyncIterable<string>
}

/** One application that runs. */
export interface AdapterBench {
  /** Sends a GET request to it, as `fetch` does. Resolves as soon as the head of the response is there. */
  request(path: string, init: AdapterRequestInit): Promise<Response>
  /** Called when the clause is over, however it ended. */
  close?(): MaybePromise<void>
}

/** How a request is sent, for `fetch`. */
export interface AdapterRequestInit {
  readonly headers: Record<string, string>
  readonly redirect: 'manual'
}
