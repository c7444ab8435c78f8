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

/** The subject that signs in, and the data to keep. */
interface Arrival extends SignInOptions {
  readonly subject: string
}

/** How often a sign-in checks whether concurrent ones have given way, before it gives way itself. */
const mostLooks = 3

/** Signs a subject in or out, in one request. Both end the old session before they begin the new one. */
export class SignIn {
  readonly #engine: Engine
  readonly #sessions: RequestSessions

  constructor(sessions: RequestSessions) {
    this.#engine = sessions.engine
    this.#sessions = sessions
  }

  /** With `atLimit: 'refuse'`, the sign-ins of a subject queue. Then only those of other processes compete. */
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
    // Loaded before the old session ends: a failure here changes nothing.
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

  /** Checked again after each wait, because a sign-in whose cookie cannot be sent is useless. */
  #demandHead(): void {
    if (this.#sessions.isAnnounced) throw headSentError('sign somebody in')
  }

  /** Saves the new session and checks it. After a failure, nobody is signed in, not even by the end of the request. */
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

  /** Checks the epoch and the limit after the save: from then on, concurrent operations see this session or are seen. */
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
      // Later sign-ins that have not finished yet give way, for which they need a write. This write gives them time.
      await this.#engine.ask('touch', undefined, store => store.touch(record.key, record, record))
    }
    throw limitError(most)
  }

  /**
   * The time of the sign-in: now, or just after the latest of the subject's other sessions, so that the order is clear.
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

  /** Removes the new session. The old one has already ended, so the request continues with an empty session. */
  async #takeBack(next: LiveSession): Promise<void> {
    const sessions = this.#sessions
    sessions.hasDestroyed = true
    sessions.show(sessions.begin())
    await this.#engine.tidy(manager => removeSession(sessions, next, { engine: manager }))
  }
}

/** The earliest sign-in first. For equal times, the key decides, so that all processes agree on the order. */
function inOrder(sessions: readonly SessionFacts[], now: number): readonly SessionFacts[] {
  return sessions.toSorted(
    (one, other) => sinceOf(one, now) - sinceOf(other, now) || (one.key < other.key ? -1 : 1),
  )
}

/** The time of a sign-in. One in the future counts as the earliest; else all later ones would get future times too. */
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
