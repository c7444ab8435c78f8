import type { Engine } from '../engine/engine.ts'
import { Subjects } from '../engine/subjects.ts'
import { anonymous, type Standing } from '../record/standing.ts'
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

/** Who signs in, when, and under which epoch. */
type Beginning = Pick<Standing, 'subject' | 'authenticatedAt' | 'epoch'>

/** The record of a sign-in. */
type Arrived = SessionRecord<unknown> & { readonly subject: string }

/** How often a sign-in checks whether concurrent ones have given way, before it gives way itself. */
const mostLooks = 3

/** Signs a subject in or out, in one request. Both end the old session before they begin the new one. */
export class SignIn {
  readonly #engine: Engine
  readonly #sessions: RequestSessions
  readonly #subjects: Subjects

  constructor(sessions: RequestSessions) {
    this.#engine = sessions.engine
    this.#sessions = sessions
    this.#subjects = new Subjects(sessions.engine)
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
    this.#subjects.demandStore()
    if (live.hasEnded) throw goneError()
    this.#demandHead()
    const looking = this.#beginningFor(subject, live)
    // With a limit that refuses, nothing changes before it is clear that there is room. Else one wait is enough for both.
    if (this.#engine.policy.atLimit === 'refuse') await looking
    const [beginning, removal] = await Promise.allSettled([looking, this.#removeOld(live, keep)])
    if (removal.status === 'rejected') throw removal.reason
    if (beginning.status === 'rejected') {
      this.#beginEmpty()
      throw beginning.reason
    }
    const kept = live.pick(keep)
    const next = this.#sessions.succeed({ ...anonymous, ...beginning.value })
    next.replaceValues(kept)
    await this.#settle(next, subject)
    publish('signed-in', () => ({ handle: this.#engine.handleOf(next.id) }))
  }

  async #removeOld(live: LiveSession, keep: readonly string[]): Promise<void> {
    if (!(await removeSession(this.#sessions, live, { goesOn: keep.length > 0 }))) throw goneError()
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

  /** Checks the session and the limit after the save: from then on, concurrent operations see this session or are seen. */
  async #concludeWith(next: LiveSession, subject: string): Promise<void> {
    const { record } = next
    const { mostPerSubject: most, atLimit } = this.#engine.policy
    const sessions = record === undefined ? [] : await this.#liveBeside(record, subject)
    if (record === undefined || !sessions.some(({ key }) => key === record.key)) throw goneError()
    if (most !== undefined && sessions.length > most) {
      if (atLimit === 'refuse') await this.#findRoom({ ...record, subject }, sessions, most)
      else await this.#evict(record, sessions, most)
    } else next.markConfirmed()
  }

  /** The subject's live sessions if their number is limited, else only the one of the record. */
  async #liveBeside(record: SessionRecord<unknown>, subject: string): Promise<readonly SessionFacts[]> {
    if (this.#engine.policy.mostPerSubject !== undefined) return (await this.#subjects.list(subject)).sessions
    const found = await this.#subjects.find(record.key)
    return found === undefined ? [] : [found]
  }

  /** Every concurrent sign-in ends all surplus sessions it sees, because only the last one sees them all. */
  async #evict({ key }: SessionFacts, sessions: readonly SessionFacts[], most: number): Promise<void> {
    const surplus = inOrder(sessions, this.#engine.now()).slice(0, -most)
    await Promise.all(surplus.map(each => this.#subjects.end(each.key)))
    if (surplus.some(each => each.key === key)) throw goneError()
  }

  /**
   * The new session stays only if it sees no more sessions than are allowed, itself included. So the last of several
   * concurrent sign-ins never exceeds the limit, and none ends another that may have been told of its success.
   */
  async #findRoom(record: Arrived, sessions: readonly SessionFacts[], most: number): Promise<void> {
    let seen = sessions
    for (let look = 1; seen.length > most; look += 1) {
      const isAhead = inOrder(seen, this.#engine.now())
        .slice(0, most)
        .some(({ key }) => key === record.key)
      if (!isAhead || look === mostLooks) throw limitError(most)
      // Later sign-ins that have not finished yet give way, for which they need a write. This write gives them time.
      await this.#engine.ask('touch', undefined, (store, call) => store.touch(record.key, record, call))
      seen = (await this.#subjects.list(record.subject)).sessions
    }
  }

  /**
   * Since when the subject is signed in, and under which epoch: now, or just after the latest of its other sessions, so
   * that their order is clear.
   *
   * @throws SojournError `SESSION_LIMIT` before anything has changed.
   */
  async #beginningFor(subject: string, live: LiveSession): Promise<Beginning> {
    const { mostPerSubject, atLimit } = this.#engine.policy
    const { epoch, sessions } =
      mostPerSubject === undefined
        ? { epoch: await this.#subjects.epochOf(subject), sessions: [] }
        : await this.#subjects.list(subject)
    const others = sessions.filter(({ key }) => key !== live.record?.key)
    if (atLimit === 'refuse' && mostPerSubject !== undefined && others.length >= mostPerSubject)
      throw limitError(mostPerSubject)
    const now = this.#engine.now()
    const authenticatedAt = Math.max(now, ...others.map(each => sinceOf(each, now) + 1))
    return { subject, authenticatedAt, epoch: epoch?.epoch ?? 0 }
  }

  /** Removes the new session of a failed sign-in. */
  async #takeBack(next: LiveSession): Promise<void> {
    this.#beginEmpty()
    await this.#engine.tidy(manager => removeSession(this.#sessions, next, { engine: manager }))
  }

  /** The old session has ended already, so the request continues with an empty session. */
  #beginEmpty(): void {
    this.#sessions.hasDestroyed = true
    this.#sessions.show(this.#sessions.begin())
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
