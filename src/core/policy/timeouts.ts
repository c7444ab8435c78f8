import { longestLifetimeMs } from '../cookies/set-cookie.ts'
import type { Activity, SessionFacts, StoreTraits } from '../record/store.ts'
import type { Policy } from './options.ts'

/** When a session was last active, and when its time is over. */
export type Times = Omit<Activity, 'device'>

/** When a record began, and its times. */
type Span = Pick<SessionFacts, 'createdAt' | keyof Times>

const dayMs = 86_400_000
const minuteMs = 60_000
const touchesPerIdle = 10
/** Activity that lies further ahead is not another machine's: this clock was set back, or another one was wrong. */
const mostSkewMs = 3_600_000

/** Decides when sessions end, and how often activity is recorded. */
export class Timeouts {
  readonly #idleMs: number | undefined
  readonly #absoluteMs: number
  readonly #touchEveryMs: number | undefined
  /** Whether the store alone knows when a session was last active. */
  readonly #isBlind: boolean

  constructor(
    policy: Pick<Policy, 'idleMs' | 'absoluteMs' | 'touchEveryMs'>,
    { touchesAlways, keepsSessions }: StoreTraits,
  ) {
    this.#idleMs = policy.idleMs
    this.#absoluteMs = policy.absoluteMs
    this.#touchEveryMs = policy.touchEveryMs ?? (touchesAlways ? 0 : undefined)
    this.#isBlind = keepsSessions === true
  }

  /** How long a session may rest. An `idle` that was set is never exceeded, whatever the cookie says. */
  idleMs(maxAge: number | null): number {
    // An application may have put anything there, and a session that never ends is nobody's wish.
    const own = Number(maxAge ?? Number.NaN)
    if (Number.isNaN(own)) return this.#idleMs ?? dayMs
    return Math.min(own, longestLifetimeMs, this.#idleMs ?? longestLifetimeMs)
  }

  touchEveryMs(maxAge: number | null): number {
    return this.#touchEveryMs ?? Math.min(this.idleMs(maxAge) / touchesPerIdle, minuteMs)
  }

  /** What activity now is worth, for a session that is new or has been active before. The absolute timeout is exact. */
  activity(now: number, held: Pick<Span, 'createdAt'> | Span, maxAge: number | null): Times {
    const expiresAt = Math.min(now + this.#restMs(maxAge), held.createdAt + this.#absoluteMs)
    // A store takes an end back only in a write that is no older than the last activity.
    const isAstray = 'touchedAt' in held && this.isAstray(now, held, maxAge)
    return { touchedAt: isAstray ? held.touchedAt : now, expiresAt }
  }

  isTouchDue(now: number, held: Times, maxAge: number | null): boolean {
    if (held.touchedAt > now && (this.#isBlind || this.isAstray(now, held, maxAge))) return true
    // Once an end was taken back, it alone tells when the session was last active.
    const lastAt = held.touchedAt > now ? held.expiresAt - this.#restMs(maxAge) : held.touchedAt
    return Math.max(now - lastAt, 0) >= this.touchEveryMs(maxAge)
  }

  /** Whether a session has the times of a clock that was far ahead, so that its end has to be written anew. */
  isAstray(now: number, { touchedAt, expiresAt }: Times, maxAge: number | null): boolean {
    return !this.#isBlind && Math.min(touchedAt, expiresAt - this.#restMs(maxAge)) > now + mostSkewMs
  }

  /**
   * Goes by the last activity too, whatever end the store answers: an idle timeout that was shortened counts for all
   * sessions. The lifetime is undefined where nobody has read it yet.
   */
  isOver(now: number, { createdAt, touchedAt, expiresAt }: Span, maxAge?: number | null): boolean {
    if (expiresAt <= now || createdAt + this.#absoluteMs <= now) return true
    return !this.#isBlind && !(touchedAt + this.#restMs(maxAge) > now)
  }

  /**
   * How long a session lives on after recorded activity. It is longer than the idle timeout by the span in which
   * activity goes unrecorded, so that a session never ends earlier than promised.
   */
  #restMs(maxAge: number | null = longestLifetimeMs): number {
    const idleMs = this.idleMs(maxAge)
    return idleMs > 0 ? idleMs + this.touchEveryMs(maxAge) : idleMs
  }
}
