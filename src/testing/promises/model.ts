import { hold } from './broken-promise.ts'
import { type KnownId, KnownSession, type Lifetimes, mostRotations } from './known-session.ts'
import type { Moment, Span } from './timeline.ts'

/** An end of all sessions of a subject, except one: the line under them. */
export interface Line {
  readonly subject: string
  readonly except: KnownSession | undefined
  readonly from: Moment
  /** When the operation that draws it ended, successfully or not. */
  until: Moment | undefined
  /** Whether it was certainly drawn. */
  isSure: boolean
}

/** A sign-in. */
export interface Arrival {
  readonly subject: string
  readonly from: Moment
  until: Moment | undefined
  session: KnownSession | undefined
  /** Whether the subject may have had too many sessions at that time. */
  isCrowded: boolean
  /** The operation that stores the session. If one of its store calls failed, there may be a session whose id nobody has. */
  operation: { readonly failures: number } | undefined
}

/** What the story knows of all its sessions. The model sees no store and no request, only their answers. */
export class Model {
  readonly lifetimes: Lifetimes
  readonly sessions: Map<string, KnownSession> = new Map()
  readonly ids: Map<string, KnownId> = new Map()
  readonly #lines = new Set<Line>()
  readonly #arrivals = new Set<Arrival>()
  readonly #mostPerSubject: number
  readonly #isEvicting: boolean

  constructor(lifetimes: Lifetimes, limit: { most: number | undefined; isEvicting: boolean }) {
    this.lifetimes = lifetimes
    this.#mostPerSubject = limit.most ?? Number.POSITIVE_INFINITY
    this.#isEvicting = limit.isEvicting
  }

  /** The session of an id. The first call for an id decides which session it names; later calls must agree. */
  learn(id: string, handle: string, now: Moment): KnownSession {
    const known = this.sessions.get(handle) ?? this.#newSession(handle, now)
    const { session } = this.ids.get(id) ?? this.#newId(id, known)
    hold('ownSession', session === known, () => `An id of ${session.name} leads to ${known.name}.`)
    return known
  }

  /** Whether a request must find a session. It ignores the ending `own`. */
  isSurelyThere(session: KnownSession, span: Span, own?: Moment): boolean {
    return session.isSurelyStored(span) && !this.mayBeEnded(session, span, own)
  }

  /** Whether another operation may have ended a session by the end of a span. It ignores the ending `own`. */
  mayBeEnded(session: KnownSession, { until }: Span, own?: Moment): boolean {
    const { endings, overSince } = session
    if (overSince !== undefined && overSince.order <= until.order) return true
    if ([...endings].some(ending => ending !== own && ending.order <= until.order)) return true
    return this.#lineAbove(session, until) || this.#isCrowdedOut(session, until)
  }

  /** Draws a line. It may end sign-ins from before it is drawn, and no later ones. */
  drawLine(subject: string, except: KnownSession | undefined, from: Moment): Line {
    const line: Line = { subject, except, from, until: undefined, isSure: false }
    this.#lines.add(line)
    return line
  }

  /** Whether a line may have been drawn under a subject during a span. */
  hasLine(subject: string, { from, until }: Span): boolean {
    return [...this.#lines].some(
      line => line.subject === subject && line.from.order <= until.order && !isBefore(line.until, from),
    )
  }

  /** Whether a line was certainly drawn under a subject within the span of a sign-in. */
  isCutOff(subject: string, { from, until }: Span): boolean {
    return [...this.#lines].some(
      line =>
        line.isSure &&
        line.subject === subject &&
        from.order < line.from.order &&
        isBefore(line.until, until),
    )
  }

  /** All sessions that are certainly below a line. */
  below({ subject, except, from }: Line): readonly KnownSession[] {
    return [...this.sessions.values()].filter(session => {
      const { signIn } = session
      return session !== except && signIn?.subject === subject && isBefore(signIn.until, from)
    })
  }

  arrive(subject: string, from: Moment): Arrival {
    const arrival: Arrival = {
      subject,
      from,
      until: undefined,
      session: undefined,
      isCrowded: false,
      operation: undefined,
    }
    this.#arrivals.add(arrival)
    const underWay = this.#arrivalsOf(subject).filter(each => each.until === undefined)
    const there = this.ofSubject(subject).filter(session => !session.isSurelyOver(from))
    const strays = this.#straysOf(subject)
    if (there.length + underWay.length + strays.length > this.#mostPerSubject) {
      for (const each of underWay) each.isCrowded = true
    }
    return arrival
  }

  /** Whether a subject may have a session unknown to the model, from a sign-in that failed or was under way since. */
  mayHaveStray(subject: string, since: Moment): boolean {
    const isUnderWay = this.#arrivalsOf(subject).some(({ until }) => !isBefore(until, since))
    return isUnderWay || this.#straysOf(subject).length > 0
  }

  /** The sessions that a subject has or had, including those that may not have been stored. */
  ofSubject(subject: string): readonly KnownSession[] {
    return [...this.sessions.values()].filter(({ signIn }) => signIn?.subject === subject)
  }

  /** Whether an id may no longer open its session. Its grace begins when a visitor uses a later id. */
  mayBeRefused({ id, attempts, session }: KnownId, { until }: Span): boolean {
    const [first] = attempts
    if (first === undefined) return false
    const since = [...session.rotations].filter(({ order }) => order >= first.order)
    const use = session.uses.find(({ brought, from }) => brought !== id && from.order >= first.order)
    const isOver = use !== undefined && use.from.at + this.lifetimes.graceMs <= until.at
    return since.length >= mostRotations || isOver
  }

  isSurelyRefused({ outdatedAt }: KnownId, { from }: Span): boolean {
    return outdatedAt !== undefined && outdatedAt + this.lifetimes.graceMs <= from.at
  }

  /** Notes that a visitor has certainly used an id, so that the ids that were given up before are outdated. */
  noteUse(used: KnownId, since: Moment, { until }: Span): void {
    for (const known of this.ids.values()) {
      const isEarlier = known.session === used.session && known !== used && isBefore(known.givenUp, since)
      if (isEarlier) known.outdatedAt ??= until.at
    }
  }

  #arrivalsOf(subject: string): readonly Arrival[] {
    return [...this.#arrivals].filter(arrival => arrival.subject === subject)
  }

  #straysOf(subject: string): readonly Arrival[] {
    return this.#arrivalsOf(subject).filter(({ operation }) => (operation?.failures ?? 0) > 0)
  }

  #lineAbove(session: KnownSession, until: Moment): boolean {
    const { signIn } = session
    return [...this.#lines].some(line => {
      if (signIn?.subject !== line.subject || line.except === session) return false
      return line.from.order <= until.order && !isBefore(line.until, signIn.from)
    })
  }

  #isCrowdedOut(session: KnownSession, until: Moment): boolean {
    const { signIn } = session
    if (!this.#isEvicting || signIn === undefined) return false
    return [...this.#arrivals].some(arrival => {
      if (!arrival.isCrowded || arrival.subject !== signIn.subject || arrival.session === session)
        return false
      return arrival.from.order <= until.order && !isBefore(arrival.until, signIn.from)
    })
  }

  #newSession(handle: string, now: Moment): KnownSession {
    const name = `session ${this.sessions.size + 1}`
    const session = new KnownSession({ handle, name }, now, this.lifetimes)
    this.sessions.set(handle, session)
    return session
  }

  #newId(id: string, session: KnownSession): KnownId {
    const known: KnownId = { id, session, attempts: new Set(), givenUp: undefined, outdatedAt: undefined }
    this.ids.set(id, known)
    return known
  }
}

function isBefore(one: Moment | undefined, other: Moment): boolean {
  return one !== undefined && one.order < other.order
}
