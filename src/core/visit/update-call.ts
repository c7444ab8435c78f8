import { AsyncLocalStorage } from 'node:async_hooks'
import type { Engine } from '../engine/engine.ts'
import { within } from '../record/deadline.ts'
import { lastly } from '../record/maybe-promise.ts'
import type { MaybePromise } from '../record/store.ts'
import { SojournError } from '../report/errors.ts'
import type { LiveActions } from '../session/live-session.ts'
import type { Session } from '../session/session.ts'

/** A request one of whose sessions is updated. */
export interface UpdatingRequest {
  readonly engine: Engine
  /** The last call of the function of an update. */
  updating: UpdateCall | undefined
}

/** A call of an `update`'s function. */
interface UpdateCall {
  readonly request: UpdatingRequest
  readonly key: string
  /** The names that the function has touched, and those that other code of the request has touched meanwhile. */
  readonly touched: Set<string | symbol>
  readonly touchedByOthers: Set<string | symbol>
  isRunning: boolean
  /** Set once nobody waits for the function any more. */
  isLate: boolean
}

/**
 * Which function of an `update` has made a call. A method that the function calls would wait for the update, and
 * the update for the method. Other code of the same request may call the same method at the same moment, and then has
 * to wait. Only the asynchronous context tells the two apart, and it is entered for such functions alone.
 */
const updating = new AsyncLocalStorage<UpdateCall>()

/** Calls the function of an update, and waits for it no longer than the limit. */
export function callForUpdate<Result>(
  request: UpdatingRequest,
  actions: LiveActions,
  change: (session: Session) => MaybePromise<Result>,
): MaybePromise<Result> {
  const { limit } = request.engine
  const key = request.engine.keyOf(actions.live.id)
  const names = { touched: new Set<string>(), touchedByOthers: new Set<string>() }
  const call: UpdateCall = { request, key, ...names, isRunning: true, isLate: false }
  request.updating = call
  const late = (): SojournError => lateError(limit.spanMs)
  const answer = lastly(
    () => updating.run(call, () => change(viewFor(call, actions, late))),
    () => {
      call.isRunning = false
    },
  )
  return within(limit, answer, () => {
    call.isLate = true
    return late()
  })
}

/** Whether this very code runs inside the function of an update of the same session, which would wait for it for ever. */
export function isInUpdate(request: UpdatingRequest, id: string): boolean {
  const call = updating.getStore()
  return call?.isRunning === true && (call.request === request || call.key === request.engine.keyOf(id))
}

/** Takes note of who touches a name while the function of an update is running. */
export function noteTouch({ updating: call }: UpdatingRequest, name: string | symbol): void {
  if (call?.isRunning !== true) return
  const names = updating.getStore() === call ? call.touched : call.touchedByOthers
  names.add(name)
}

/** The names that only other code of the request has touched, which an update leaves alone when it is taken back. */
export function sparedNames({ updating: call }: UpdatingRequest): ReadonlySet<string | symbol> {
  return new Set([...(call?.touchedByOthers ?? [])].filter(name => !call?.touched.has(name)))
}

/** Shows the session to the function of an `update`. Once the function was given up it cannot change anything. */
function viewFor(call: UpdateCall, actions: LiveActions, late: () => SojournError): Session {
  const { live } = actions
  return live.viewThrough({
    actions,
    get cookie() {
      return live.cookie
    },
    replaceCookie: cookie => live.replaceCookie(cookie),
    suspect(name) {
      if (call.isLate) throw late()
      live.suspect(name)
    },
    checkAssigned: (name, value) => live.checkAssigned(name, value),
  })
}

function lateError(spanMs: number): SojournError {
  return new SojournError(
    'UPDATE_TIMED_OUT',
    `Expected the function of an \`update\` to return within ${spanMs} ms, but it has not, and its changes were taken out. Do slow work before the update, or give \`deadline\` a longer span.`,
  )
}
