import { SojournError } from './errors.ts'
import { LiveActions, type SessionKeeper } from './live-actions.ts'
import type { LiveSession } from './live-session.ts'
import type { Session } from './session.ts'

/**
 * Shows a session to the function of an `update`: its values can be changed, and its methods are refused. They
 * would wait for the update to be done, and the update for them.
 */
export function updatingView(live: LiveSession, keeper: SessionKeeper): Session {
  const actions = new LiveActions(live, refusingKeeper(keeper))
  return live.viewThrough({
    actions,
    get cookie() {
      return live.cookie
    },
    replaceCookie: cookie => live.replaceCookie(cookie),
    suspect: () => live.suspect(),
    checkAssigned: (name, value) => live.checkAssigned(name, value),
  })
}

const refusals = {
  save: refuse('save'),
  reload: refuse('reload'),
  destroy: refuse('destroy'),
  regenerate: refuse('regenerate'),
  update: refuse('update'),
  rotate: refuse('rotate'),
  signIn: refuse('signIn'),
  signOut: refuse('signOut'),
}

function refusingKeeper(keeper: SessionKeeper): SessionKeeper {
  return {
    ...refusals,
    request: keeper.request,
    now: () => keeper.now(),
    handleOf: id => keeper.handleOf(id),
  }
}

function refuse(method: string): () => Promise<never> {
  return () => Promise.reject(nestedError(method))
}

function nestedError(method: string): SojournError {
  return new SojournError(
    'UPDATE_NESTED',
    `Expected the function of an \`update\` to change values and do nothing else, got a call of \`${method}\`. Call it after the update.`,
  )
}
