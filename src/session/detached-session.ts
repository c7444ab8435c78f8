import { Cookie } from '../core/cookies/cookie.ts'
import { restoreLifetime, valuesOf } from '../core/data/session-values.ts'
import { anonymous } from '../core/record/standing.ts'
import type { SessionRecord } from '../core/record/store.ts'
import { goneError, notFoundError, SojournError } from '../core/report/errors.ts'
import {
  actionsKey,
  actionsOf,
  type RegenerateOptions,
  Session,
  type SessionActions,
} from '../core/session/session.ts'
import { systemClock } from '../core/time/clock.ts'
import { type CallbackRecords, callbackStore } from '../stores/callback.ts'
import type { SessionRequest } from './session-request.ts'

const versionsRead = new WeakMap<object, number>()

/** Remembers which version of the session the data was read at, and returns the data as an object. */
export function readAs(version: number, data: object): object {
  // A store may return text or a number, whatever its type says.
  const shown: object = Object(data)
  versionsRead.set(shown, version)
  return shown
}

/**
 * A session outside of any request: `store.load` returns one, for a socket or a job. Its methods call the
 * store at once. Nothing saves it automatically.
 */
export class DetachedSession extends Session {
  constructor(request: SessionRequest, data: object = { cookie: {} }) {
    super()
    const cookie = cookieIn(data)
    if (cookie !== undefined) this.cookie = cookie
    Object.assign(this, valuesOf(data))
    const version = versionsRead.get(data)
    Object.defineProperty(this, actionsKey, { value: new DetachedActions(request, this, version) })
  }
}

/** Whether a session calls its store directly, and does not belong to an active request. */
export function isDetached(session: Session): boolean {
  return actionsOf(session) instanceof DetachedActions
}

/** The cookie as it was stored: there is no configuration here that could override it. */
function cookieIn(data: object): Cookie | undefined {
  const stored: unknown = Reflect.get(data, 'cookie')
  if (typeof stored !== 'object' || stored === null) return undefined
  return restoreLifetime(new Cookie(stored), data)
}

class DetachedActions implements SessionActions {
  readonly id: string
  readonly request: SessionRequest
  /** Such a session is always anonymous: a store for express-session has no field for a subject. */
  readonly subject: undefined
  readonly authenticatedAt: undefined
  readonly #session: Session
  /** The version that a save replaces. With it, the save of a session that has ended fails. */
  #version: number

  constructor(request: SessionRequest, session: Session, version: number | undefined) {
    this.id = request.sessionID
    this.request = request
    this.#session = session
    // A caller that only reads the session may pass a request without a store.
    this.#version = version ?? (request.sessionStore ? this.#records.versionForReader(this.id) : 0)
  }

  get #records(): CallbackRecords {
    return callbackStore(this.request.sessionStore)
  }

  /** A detached session was read from the store. */
  readonly isStored = true

  get handle(): string {
    throw detachedError('handle')
  }

  now(): number {
    return systemClock.now()
  }

  renewCookie(): void {
    const { cookie } = this.#session
    cookie.maxAge = cookie.originalMaxAge
  }

  /** Overwrites changes that others have saved meanwhile, as express-session does. */
  async save(): Promise<void> {
    const record = this.#recordAfter(this.#version)
    const answer = await this.#records.replace(record, this.#version)
    if (answer === 'gone') throw goneError()
    this.#version = answer === 'replaced' ? record.version : answer.version
    if (answer !== 'replaced') await this.save()
  }

  async destroy(): Promise<void> {
    delete this.request.session
    await this.#records.delete(this.id)
  }

  async regenerate({ keep = [] }: RegenerateOptions): Promise<void> {
    const kept = Object.entries(valuesOf(this.#session)).filter(([name]) => keep.includes(name))
    await new Promise<void>((resolve, reject) => {
      this.request.sessionStore.regenerate(this.request, error => (error ? reject(error) : resolve()))
    })
    Object.assign(Object(this.request.session), Object.fromEntries(kept))
  }

  async reload(): Promise<void> {
    const record = await this.#records.load(this.id)
    if (record === undefined) throw notFoundError()
    const { sessionStore } = this.request
    sessionStore.createSession(this.request, readAs(record.version, record.data))
  }

  async update(): Promise<never> {
    throw detachedError('update')
  }

  async rotate(): Promise<never> {
    throw detachedError('rotate')
  }

  async signIn(): Promise<never> {
    throw detachedError('signIn')
  }

  async signOut(): Promise<never> {
    throw detachedError('signOut')
  }

  #recordAfter(version: number): SessionRecord<Session> {
    const times = { createdAt: 0, touchedAt: 0, expiresAt: Number.POSITIVE_INFINITY }
    return { ...anonymous, key: this.id, version: version + 1, ...times, data: this.#session }
  }
}

function detachedError(wanted: string): SojournError {
  return new SojournError(
    'STORE_UNABLE',
    `Expected \`${wanted}\` of the session of a request under way, got a session that was loaded by its id. Use \`req.session\`.`,
  )
}
