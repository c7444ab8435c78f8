import type { Engine } from '../engine/engine.ts'
import { Subjects } from '../engine/subjects.ts'
import { anonymous } from '../record/standing.ts'
import type { SessionFacts, SessionRecord } from '../record/store.ts'
import { goneError, headSentError, SojournError } from '../report/errors.ts'
import { publish } from '../report/events.ts'
import type { LiveSession } from '../session/live-session.ts'
import type { SignInOptions, SignOutOptions } from '../session/session.ts'
import { mostAheadMs } from '../session/sign-in-check.ts'
import { removeSession } from '../writing/removal.ts'
import type { RequestSessions } from './request-sessions.ts'

/** Who is to be signed in, and what goes over. */
interface Arrival extends SignInOptions {
  readonly subject: string
}

/** How often a sign-in looks whether others have given way, before it gives way itself. */
const mostLooks = 3

/** Lets a session of one request become somebody's, or nobody's. Each time the old id dies first. */
export class SignIn {
  readonly #engine: Engine
  readonly #sessions: RequestSessions

  constructor(sessions: RequestSessions) {
    this.#engine = sessions.engine
    this.#sessions = sessions
  }

  /** Where a limit refuses, the sign-ins of a process queue, so that only those of other processes compete with them. */
  async signIn(live: LiveSession, arrival: Arrival): Promise<void> {
    const { policy, turns, limit } = this.#engine
    if (policy.atLimit !== 'refuse') return this.#signIn(live, arrival)
    await turns.take(`sign-ins of ${arrival.subject}`, limit, () => this.#signIn(live, arrival))
  }

  async signOut(live: LiveSession, { keep = [] }: SignOutOptions): Promise<void> {
    const sessions = this.#sessions
    await sessions.end(live, keep.length > 0)
    const kept = live.pick(keep)
    const next = sessions.begin()
    if (keep.length > 0) next.replaceValues(kept)
    sessions.show(next)
  }

  async #signIn(live: LiveSession, { subject, keep = [] }: Arrival): Promise<void> {
    const subjects = new Subjects(this.#engine)
    subjects.demandStore()
    if (live.hasEnded) throw goneError()
    this.#demandHead()
    // Asked before anything is ended: what fails here leaves everything as it was.
    const epoch = await subjects.currentEpoch(subject)
    const authenticatedAt = await this.#turnOf(subject, live)
    this.#demandHead()
    if (!(await removeSession(this.#sessions, live, { goesOn: keep.length > 0 }))) throw goneError()
    const kept = live.pick(keep)
    const next = this.#sessions.succeed({ ...anonymous, subject, authenticatedAt, epoch })
    next.replaceValues(kept)
    await this.#settle(next, subject)
    publish('signed-in', () => ({ handle: this.#engine.handleOf(next.id) }))
  }

  /** Asked again after each wait, because a sign-in without a cookie is nobody's. */
  #demandHead(): void {
    if (this.#sessions.isAnnounced) throw headSentError('sign somebody in')
  }

  /** Whoever is told that the sign-in has failed is signed in nowhere: not here, and not by this request's end. */
  async #settle(next: LiveSession, subject: string): Promise<void> {
    try {
      await this.#sessions.writer.save(next, next.encode())
      await this.#concludeWith(next, subject)
      this.#demandHead()
    } catch (error) {
      await this.#takeBack(next)
      throw error
    }
  }

  /** Only now that the session is stored, whatever else happens at the same time can be seen, or sees it. */
  async #concludeWith({ record }: LiveSession, subject: string): Promise<void> {
    const subjects = new Subjects(this.#engine)
    if (record === undefined || (await subjects.hasRevoked(record))) throw goneError()
    const { mostPerSubject: most, atLimit } = this.#engine.policy
    if (most === undefined) return
    if (atLimit === 'refuse') await this.#findRoom(record, subject, most)
    else await this.#evict(record, subject, most)
  }

  /** Every concurrent sign-in ends all surplus sessions it sees, because only the last one sees them all. */
  async #evict({ key }: SessionFacts, subject: string, most: number): Promise<void> {
    const subjects = new Subjects(this.#engine)
    const surplus = inOrder(await subjects.list(subject), this.#engine.now()).slice(0, -most)
    await Promise.all(surplus.map(each => subjects.end(each.key)))
    if (surplus.some(each => each.key === key)) throw goneError()
  }

  /**
   * The new session stays only if it sees no more sessions than are allowed, itself included. So the last of several
   * concurrent sign-ins never exceeds the limit, and none ends another that may have been told of its success.
   */
  async #findRoom(record: SessionRecord<unknown>, subject: string, most: number): Promise<void> {
    const subjects = new Subjects(this.#engine)
    for (let look = 1; look <= mostLooks; look += 1) {
      const all = inOrder(await subjects.list(subject), this.#engine.now())
      if (all.length <= most) return
      const isAhead = all.slice(0, most).some(({ key }) => key === record.key)
      if (!isAhead) break
      // Those behind it give way if they are not signed in yet, which takes them a write.
      await this.#engine.ask('touch', undefined, store => store.touch(record.key, record, record))
    }
    throw limitError(most)
  }

  /**
   * When the subject signs in: now, and after everybody who is there, so that it is plain who came last.
   *
   * @throws SojournError `SESSION_LIMIT` before anything has changed.
   */
  async #turnOf(subject: string, live: LiveSession): Promise<number> {
    const { mostPerSubject, atLimit } = this.#engine.policy
    const now = this.#engine.now()
    if (mostPerSubject === undefined) return now
    const others = (await new Subjects(this.#engine).list(subject)).filter(
      ({ key }) => key !== live.record?.key,
    )
    if (atLimit === 'refuse' && others.length >= mostPerSubject) throw limitError(mostPerSubject)
    return Math.max(now, ...others.map(each => sinceOf(each, now) + 1))
  }

  /** The old session has ended already, so that the request goes on with an empty one. */
  async #takeBack(next: LiveSession): Promise<void> {
    const sessions = this.#sessions
    sessions.hasDestroyed = true
    sessions.show(sessions.begin())
    await this.#engine.tidy(manager => removeSession(sessions, next, { engine: manager }))
  }
}

/** The earliest sign-in first; of two in one millisecond all who look agree on the order. */
function inOrder(sessions: readonly SessionFacts[], now: number): readonly SessionFacts[] {
  return sessions.toSorted(
    (one, other) => sinceOf(one, now) - sinceOf(other, now) || (one.key < other.key ? -1 : 1),
  )
}

/** When somebody signed in. A sign-in from the future counts as the earliest, or all later ones would be future ones. */
function sinceOf({ authenticatedAt, createdAt }: SessionFacts, now: number): number {
  const since = authenticatedAt ?? createdAt
  return since < now + mostAheadMs ? since : 0
}

function limitError(most: number): SojournError {
  return new SojournError(
    'SESSION_LIMIT',
    `Expected the subject to have fewer than ${most} sessions, but there are as many already. End one of them first.`,
  )
}
