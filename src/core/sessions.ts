import { FormTokens } from './cross-site/form-token.ts'
import type { Engine } from './engine/engine.ts'
import { describePolicy } from './engine/policy-description.ts'
import { isHandle, type SessionSummary, Subjects, summaryOf } from './engine/subjects.ts'
import type { Terms } from './engine/terms.ts'
import { describeValue, SojournError } from './report/errors.ts'
import { type ReadOnlySession, readOnly } from './session/read-only.ts'
import { actionsOf, Session, type SessionWith } from './session/session.ts'
import type { SessionData } from './session/session-data.ts'
import { checkSubject } from './session/sign-in-check.ts'
import type { Carrier } from './visit/carrier.ts'
import { SessionsById } from './visit/sessions-by-id.ts'
import { Visit } from './visit/visit.ts'

/** A visit whose session is known to hold `Data`. */
export type TypedVisit<Data extends object> = Omit<Visit, 'session'> & {
  get session(): SessionWith<Data> | undefined
  set session(session: object | null | undefined)
}

/** The manager of all sessions under one cookie name: what adapters are built on. */
export class Sessions<Data extends object = SessionData> {
  /** What an adapter has to know of the options and the store. */
  readonly terms: Terms
  /** The sessions as an application finds them that knows an id, such as through `req.sessionStore`. */
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
   * Begins one request's dealings with its session. Touches neither cookie nor store.
   *
   * @throws SojournError `OPTION_INVALID` for what is no carrier, such as a request.
   */
  visit(carrier: Carrier): TypedVisit<Data> {
    demandCarrier(carrier)
    // The types of the data are the application's word; the values are checked by nobody.
    return new Visit(this.#engine, carrier) as TypedVisit<Data>
  }

  /**
   * Reads a visitor's session where no cookie can be sent, as while a page is rendered: it is recorded as activity, keeps
   * its id, and cannot be changed. Answers undefined for a visitor who has none.
   *
   * @throws SojournError `SESSION_READ_ONLY` when something is written to what this answers.
   */
  async read(carrier: Carrier): Promise<ReadOnlySession<Data> | undefined> {
    demandCarrier(carrier)
    const visit = new Visit(this.#engine, carrier)
    await visit.open()
    const { session } = visit
    if (session === undefined || !actionsOf(session).isStored) return undefined
    // Whatever the cookie would say is not sent, so that no new id may be given.
    visit.announce()
    await visit.commit()
    return readOnly<Data>(session)
  }

  /** How a session is named to people and in logs. Says nothing that could be used as an id. */
  handleOf(id: string): string {
    return this.#engine.handleOf(id)
  }

  /**
   * The sessions of one subject.
   *
   * @throws SojournError `SUBJECT_INVALID` for what is no string and no number, `STORE_UNABLE` for a store that
   * does not know whose sessions are whose.
   */
  of(subject: string | number): SubjectSessions {
    const checked = checkSubject(subject)
    this.#subjects.demandStore()
    return new SubjectSessions(this.#subjects, checked)
  }

  /** Finds one session by its handle. Answers undefined for whatever is no handle of a session that goes on. */
  async find(handle: string): Promise<SessionSummary | undefined> {
    const facts = this.#isFindable(handle) ? await this.#subjects.find(handle) : undefined
    return facts && summaryOf(facts)
  }

  /**
   * Ends one session by its handle. Once this has resolved, no request brings it back. Answers false when there
   * was none that went on, and for whatever is no handle.
   */
  async end(handle: string): Promise<boolean> {
    if (!this.#isFindable(handle)) return false
    // The record of one that was ended with all others of its subject may still be there.
    const isThere = (await this.#subjects.find(handle)) !== undefined
    return (await this.#subjects.end(handle)) && isThere
  }

  /**
   * Makes a token for the forms of a session, another one at each call. It counts for as long as the session has
   * its handle: `regenerate` and `signIn` end it.
   *
   * @throws SojournError `OPTION_INVALID` for what is no session.
   */
  formTokenFor(session: Session): string {
    return this.#formTokens().make(handleOf(session, 'formTokenFor'))
  }

  /**
   * Whether a token was made here for the session. False for whatever is no token.
   *
   * @throws SojournError `OPTION_INVALID` for what is no session.
   */
  isFormTokenOf(session: Session, token: unknown): boolean {
    return this.#formTokens().verify(handleOf(session, 'isFormTokenOf'), token)
  }

  /**
   * Whether this manager and another, each with a cookie that the same browser sends to both, sign people out of each
   * other: one cannot read what the other signs, or does not find the session.
   */
  isAtOddsWith(other: Sessions<Data>): boolean {
    return this.name === other.name && this.#engine.isAtOddsWith(other.#engine)
  }

  /** Tells the policy in force, as text for people: the timeouts, the cookie, the keys, the store. No secret is in it. */
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

/** The sessions of one subject: where they are signed in. */
export class SubjectSessions {
  readonly #subjects: Subjects
  readonly #subject: string

  constructor(subjects: Subjects, subject: string) {
    this.#subjects = subjects
    this.#subject = subject
  }

  /** Lists the sessions that go on, the most recently active first. */
  async list(): Promise<readonly SessionSummary[]> {
    return (await this.#subjects.list(this.#subject)).map(summaryOf)
  }

  /** Ends one of them. Answers false for a session of somebody else, and for whatever is no handle. */
  async end(handle: string): Promise<boolean> {
    if (!isHandle(handle)) return false
    const found = await this.#subjects.find(handle)
    return found?.subject === this.#subject && (await this.#subjects.end(handle))
  }

  /**
   * Ends all of them but one: a session of this request, or the handle of one. Whoever is signing in at this
   * moment is ended too. Answers how many there were.
   *
   * @throws SojournError `OPTION_INVALID` for what is neither, so that nobody ends their own session by mistake.
   */
  async endOthers(current: Session | string): Promise<number> {
    const handle = current instanceof Session ? actionsOf(current).handle : current
    if (isHandle(handle)) return this.#subjects.endAll(this.#subject, handle)
    throw new SojournError(
      'OPTION_INVALID',
      `Expected \`endOthers\` to be given the session that stays, or its handle, got ${typeof handle === 'string' ? 'another string' : describeValue(handle)}.`,
    )
  }

  /** Ends all of them, and whoever is signing in at this moment. Answers how many there were. */
  async endAll(): Promise<number> {
    return this.#subjects.endAll(this.#subject)
  }
}
