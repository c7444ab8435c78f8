import { SojournError } from './errors.ts'
import { LiveActions, type SessionKeeper } from './live-actions.ts'
import type { LiveSession } from './live-session.ts'
import type { Session } from './session.ts'

/**
 * Shows a session to the function of an `update`: its values can be changed, and its methods are refused. They
 * would wait for the update to be done, and the update for them.
 */
export function updatingView(live: LiveSession, keeper: SessionKeeper): Session {
  const actions = new LiveActions(live, new RefusingKeeper(keeper))
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

class RefusingKeeper implements SessionKeeper {
  readonly #keeper: SessionKeeper

  constructor(keeper: SessionKeeper) {
    this.#keeper = keeper
  }

  get request(): unknown {
    return this.#keeper.request
  }

  now(): number {
    return this.#keeper.now()
  }

  handleOf(id: string): string {
    return this.#keeper.handleOf(id)
  }

  async save(): Promise<never> {
    throw nestedError('save')
  }

  async reload(): Promise<never> {
    throw nestedError('reload')
  }

  async destroy(): Promise<never> {
    throw nestedError('destroy')
  }

  async regenerate(): Promise<never> {
    throw nestedError('regenerate')
  }

  async update(): Promise<never> {
    throw nestedError('update')
  }

  async rotate(): Promise<never> {
    throw nestedError('rotate')
  }

  async signIn(): Promise<never> {
    throw nestedError('signIn')
  }

  async signOut(): Promise<never> {
    throw nestedError('signOut')
  }
}

function nestedError(method: string): SojournError {
  return new SojournError(
    'UPDATE_NESTED',
    `Expected the function of an \`update\` to change values and do nothing else, got a call of \`${method}\`. Call it after the update.`,
  )
}
