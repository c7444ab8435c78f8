import { FormTokens } from './cross-site/form-token.ts'
import type { Engine } from './engine/engine.ts'
import { describePolicy } from './engine/policy-description.ts'
import { isHandle, type SessionSummary, Subjects, summaryOf } from './engine/subjects.ts'
import type { Terms } from './engine/terms.ts'
import type { MaybePromise } from './record/store.ts'
import { describeValue, SojournError } from './report/errors.ts'
import { type ReadOnlySession, readOnly } from './session/read-only.ts'
import { actionsOf, Session, type SessionWith } from './session/session.ts'
import type { SessionData } from './session/session-data.ts'
import { checkSubject } from './session/sign-in-check.ts'
import type { Carrier } from './visit/carrier.ts'
import { SessionsById } from './visit/sessions-by-id.ts'
import { Visit } from './visit/visit.ts'
import { type ChangeData, changeAll } from './writing/change-all.ts'

/** A visit whose session has the type of the application's `Data`. */
export type TypedVisit<Data extends object> = Omit<Visit, 'session'> & {
  get session(): SessionWith<Data> | undefined
  set session(session: object | null | undefined)
}

/** The manager of all sessions under one cookie name. Adapters are built on it. */
export class Sessions<Data extends object = SessionData> {
  /** The facts about the options and the store that an adapter needs. */
  readonly terms: Terms
  /** Access to sessions by their ids, as through `req.sessionStore`. */
  readonly byId: SessionsById
  readonly #engine: Engine
  readonly #subjects: Subjects
  #tokens: FormTokens | undefined

  constructor(engine: Engine) {
    this.terms = engine.terms
    this.byId = new SessionsById(engine)
    this.#engine = engine
    this.#subjects = new Subjects(engine)
  }

  /** The cookie's name. */
  get name(): string {
    return this.#engine.cookies.name
  }

  /**
   * Makes the visit of a request, which loads and saves its session. This alone reads no cookie and calls no store.
   *
   * @throws SojournError `OPTION_INVALID` for a value that is no carrier, such as a request.
   */
  visit(carrier: Carrier): TypedVisit<Data> {
    demandCarrier(carrier)
    // The application declares the type of its data. The library does not check it.
    return new Visit(this.#engine, carrier) as TypedVisit<Data>
  }

  /**
   * Reads a visitor's session where no cookie can be sent, such as while a page is rendered. It counts as activity and
   * does not change the id. Returns a read-only copy, or undefined if the visitor has no stored session.
   *
   * A change of the copy throws a SojournError `SESSION_READ_ONLY`.
   */
  async read(carrier: Carrier): Promise<ReadOnlySession<Data> | undefined> {
    demandCarrier(carrier)
    const visit = new Visit(this.#engine, carrier)
    await visit.open()
    const { session } = visit
    if (session === undefined || !actionsOf(session).isStored) return undefined
    // After `announce` the commit does not rotate the id: no cookie could tell the visitor the new one.
    visit.announce()
    await visit.commit()
    return readOnly<Data>(session)
  }

  /** The public name of a session, for logs and pages. Nobody can use it as a cookie. */
  handleOf(id: string): string {
    return this.#engine.handleOf(id)
  }

  /**
   * The sessions of one subject: to list them, and to end them.
   *
   * @throws SojournError `SUBJECT_INVALID` for a subject that is no valid string or number, `STORE_UNABLE` for a store
   * that cannot find sessions by subject.
   */
  of(subject: string | number): SubjectSessions<Data> {
    return new SubjectSessions(this.#engine, checkSubject(subject))
  }

  /** Finds a session by its handle. Returns undefined if there is no live session of this handle. */
  async find(handle: string): Promise<SessionSummary | undefined> {
    const facts = this.#isFindable(handle) ? await this.#subjects.find(handle) : undefined
    return facts && summaryOf(facts)
  }

  /**
   * Ends a session by its handle. After this has resolved, no concurrent request can restore it. Returns false if there
   * was no live session of this handle.
   */
  async end(handle: string): Promise<boolean> {
    if (!this.#isFindable(handle)) return false
    // `endAll` ends sessions before it removes their records, so a record alone does not prove a live session.
    const isThere = (await this.#subjects.find(handle)) !== undefined
    return (await this.#subjects.end(handle)) && isThere
  }

  /**
   * Makes a token for the forms of a session. Each call returns a different one. It is valid until `regenerate`, `signIn`
   * or `signOut` replaces the session.
   *
   * @throws SojournError `OPTION_INVALID` for a value that is no session.
   */
  formTokenFor(session: Session): string {
    return this.#formTokens().make(handleOf(session, 'formTokenFor'))
  }

  /**
   * Whether `formTokenFor` has made a token for this session. False for any other value.
   *
   * @throws SojournError `OPTION_INVALID` for a session that is none.
   */
  isFormTokenOf(session: Session, token: unknown): boolean {
    return this.#formTokens().verify(handleOf(session, 'isFormTokenOf'), token)
  }

  /**
   * Whether two managers with the same cookie name would overwrite each other's cookies: one cannot verify the other's
   * signature, or does not find its sessions.
   */
  isAtOddsWith(other: Sessions<Data>): boolean {
    return this.name === other.name && this.#engine.isAtOddsWith(other.#engine)
  }

  /** Describes the effective configuration as text: the timeouts, the cookie, the keys, the store. It has no secrets. */
  describe(): string {
    return describePolicy(this.#engine)
  }

  #formTokens(): FormTokens {
    this.#tokens ??= new FormTokens(() => (this.#engine.keys?.usable() ?? []).map(key => key.derive('csrf')))
    return this.#tokens
  }

  #isFindable(handle: string): boolean {
    if (!isHandle(handle)) return false
    this.#engine.demandHandles()
    return true
  }
}

function demandCarrier(carrier: unknown): void {
  if (typeof carrier === 'object' && carrier !== null && 'cookieHeader' in carrier) return
  throw new SojournError(
    'OPTION_INVALID',
    `Expected a carrier, which has a \`cookieHeader\`, got ${describeValue(carrier)}. Make one with \`carrierOf\` of \`sojourn/adapter\`.`,
  )
}

/** A request may have no session, as after `destroy`. */
function handleOf(session: Session, wanted: string): string {
  if (session instanceof Session) return actionsOf(session).handle
  throw new SojournError(
    'OPTION_INVALID',
    `Expected \`${wanted}\` to be given the session of a request, got ${describeValue(session)}.`,
  )
}

/** The sessions of one subject. */
export class SubjectSessions<Data extends object = SessionData> {
  readonly #engine: Engine
  readonly #subjects: Subjects
  readonly #subject: string

  constructor(engine: Engine, subject: string) {
    this.#engine = engine
    this.#subjects = new Subjects(engine)
    this.#subjects.demandStore()
    this.#subject = subject
  }

  /** Lists the live sessions, the most recently active first. */
  async list(): Promise<readonly SessionSummary[]> {
    return (await this.#subjects.list(this.#subject)).sessions.map(summaryOf)
  }

  /** Ends one of them. Returns false if the subject has no live session of this handle. */
  async end(handle: string): Promise<boolean> {
    if (!isHandle(handle)) return false
    const found = await this.#subjects.find(handle)
    return found?.subject === this.#subject && (await this.#subjects.end(handle))
  }

  /**
   * Changes the data of all of them, for example when the user gets another role. Returns the number of changed sessions.
   *
   * The function changes the data that it is given, once for each session, and again after a conflict with a request. A
   * sign-in at the same time may be missed, so change the user's own record first, and read it at the sign-in. Activity is not
   * recorded.
   *
   * @throws SojournError `STORE_UNABLE` with `seal: 'visitor'`, because only the visitors can open their data.
   * @example await sessions.of(user.id).update(data => { data.role = 'editor' })
   */
  async update(change: (data: Partial<Data>) => MaybePromise<unknown>): Promise<number> {
    const { sessions } = await this.#subjects.list(this.#subject)
    // The application declares the type of its data.
    return changeAll(this.#engine, sessions, change as ChangeData)
  }

  /**
   * Ends all of them except one, given as a session or as its handle. A sign-in that runs at the same time ends too.
   * Returns the number of sessions that it ended.
   *
   * @throws SojournError `OPTION_INVALID` for any other value, so that nobody ends their own session by mistake.
   */
  async endOthers(current: Session | string): Promise<number> {
    const handle = current instanceof Session ? actionsOf(current).handle : current
    if (isHandle(handle)) return this.#subjects.endAll(this.#subject, handle)
    throw new SojournError(
      'OPTION_INVALID',
      `Expected \`endOthers\` to be given the session that stays, or its handle, got ${typeof handle === 'string' ? 'another string' : describeValue(handle)}.`,
    )
  }

  /** Ends all of them, and sign-ins that run at the same time. Returns the number of sessions that it ended. */
  async endAll(): Promise<number> {
    return this.#subjects.endAll(this.#subject)
  }
}
