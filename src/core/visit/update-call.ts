import { AsyncLocalStorage } from 'node:async_hooks'
import { within } from '../record/deadline.ts'
import { lastly } from '../record/maybe-promise.ts'
import type { MaybePromise } from '../record/store.ts'
import { SojournError } from '../report/errors.ts'
import type { LiveActions } from '../session/live-session.ts'
import type { Session } from '../session/session.ts'
import type { RequestSessions } from './request-sessions.ts'

/** A call of an `update`'s function. */
interface UpdateCall {
  readonly sessions: RequestSessions
  readonly key: string
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
  sessions: RequestSessions,
  actions: LiveActions,
  change: (session: Session) => MaybePromise<Result>,
): MaybePromise<Result> {
  const { limit } = sessions.engine
  const key = sessions.engine.keyOf(actions.live.id)
  const call: UpdateCall = { sessions, key, isRunning: true, isLate: false }
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
export function isInUpdate(sessions: RequestSessions, id: string): boolean {
  const call = updating.getStore()
  return call?.isRunning === true && (call.sessions === sessions || call.key === sessions.engine.keyOf(id))
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
    suspect() {
      if (call.isLate) throw late()
      live.suspect()
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
