import { AsyncLocalStorage } from 'node:async_hooks'
import type { Engine } from '../engine/engine.ts'
import { within } from '../record/deadline.ts'
import { lastly } from '../record/maybe-promise.ts'
import type { MaybePromise } from '../record/store.ts'
import { SojournError } from '../report/errors.ts'
import type { LiveActions } from '../session/live-session.ts'
import type { Session } from '../session/session.ts'

/** A request that runs updates. */
export interface UpdatingRequest {
  readonly engine: Engine
  /** The last call of an `update`'s function. */
  updating: UpdateCall | undefined
}

/** A call of an `update`'s function. */
interface UpdateCall {
  readonly request: UpdatingRequest
  readonly key: string
  /** The names that the function has accessed, and those that other code of the request has accessed meanwhile. */
  readonly touched: Set<string | symbol>
  readonly touchedByOthers: Set<string | symbol>
  isRunning: boolean
  /** Set once the update no longer waits for the function. */
  isLate: boolean
}

/**
 * The `update` whose function runs in this asynchronous context. If the function called a method of the session, the
 * method would wait for the update, and the update for the method: a deadlock. Other code of the request may call the
 * same method at the same time and simply waits. Only the asynchronous context tells the two apart. It is entered for
 * these functions alone.
 */
const updating = new AsyncLocalStorage<UpdateCall>()

/** Calls the function of an update, and waits for it until the limit is over. */
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

/** Whether the caller runs inside the function of an update of the same session. Waiting there would be a deadlock. */
export function isInUpdate(request: UpdatingRequest, id: string): boolean {
  const call = updating.getStore()
  return call?.isRunning === true && (call.request === request || call.key === request.engine.keyOf(id))
}

/** Notes an access to a name while the function of an update runs, by the function or by other code. */
export function noteTouch({ updating: call }: UpdatingRequest, name: string | symbol): void {
  if (call?.isRunning !== true) return
  const names = updating.getStore() === call ? call.touched : call.touchedByOthers
  names.add(name)
}

/** The names that only other code of the request has accessed. When an update is undone, their values stay. */
export function sparedNames({ updating: call }: UpdatingRequest): ReadonlySet<string | symbol> {
  return new Set([...(call?.touchedByOthers ?? [])].filter(name => !call?.touched.has(name)))
}

/** Makes the view of the session for the function of an `update`. After the deadline, changes through it throw. */
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
