import { longestLifetimeMs } from '../cookies/set-cookie.ts'
import type { Activity, SessionFacts, StoreTraits } from '../record/store.ts'
import type { Policy } from './options.ts'

/** When a session was last active, and when it expires. */
export type Times = Omit<Activity, 'device'>

/** When a record was created, and its times. */
type Span = Pick<SessionFacts, 'createdAt' | keyof Times>

const dayMs = 86_400_000
const minuteMs = 60_000
const touchesPerIdle = 10
/** Normal clock skew between machines is smaller. Activity further ahead means that one of the clocks was wrong. */
const mostSkewMs = 3_600_000

/** Decides when sessions end, and how often activity is recorded. */
export class Timeouts {
  readonly #idleMs: number | undefined
  readonly #absoluteMs: number
  readonly #touchEveryMs: number | undefined
  /** Whether only the store knows when a session was last active. */
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

  /** The idle timeout of a session: the smaller of its cookie's `maxAge` and the option `idle`; a day without both. */
  idleMs(maxAge: number | null): number {
    // An application can assign anything to `maxAge`. Whatever it is, the session must expire.
    const own = Number(maxAge ?? Number.NaN)
    if (Number.isNaN(own)) return this.#idleMs ?? dayMs
    return Math.min(own, longestLifetimeMs, this.#idleMs ?? longestLifetimeMs)
  }

  touchEveryMs(maxAge: number | null): number {
    return this.#touchEveryMs ?? Math.min(this.idleMs(maxAge) / touchesPerIdle, minuteMs)
  }

  /** The times of a session that is active now: of its record, or of a new one. The absolute timeout is exact. */
  activity(now: number, held: Pick<Span, 'createdAt'> | Span, maxAge: number | null): Times {
    const expiresAt = Math.min(now + this.#restMs(maxAge), held.createdAt + this.#absoluteMs)
    // A store accepts an earlier `expiresAt` only in a write whose `touchedAt` is not older than its own.
    const isAstray = 'touchedAt' in held && this.isAstray(now, held, maxAge)
    return { touchedAt: isAstray ? held.touchedAt : now, expiresAt }
  }

  isTouchDue(now: number, held: Times, maxAge: number | null): boolean {
    if (held.touchedAt > now && (this.#isBlind || this.isAstray(now, held, maxAge))) return true
    // If `expiresAt` was corrected, `touchedAt` is still ahead; only `expiresAt` tells when the session was last active.
    const lastAt = held.touchedAt > now ? held.expiresAt - this.#restMs(maxAge) : held.touchedAt
    return Math.max(now - lastAt, 0) >= this.touchEveryMs(maxAge)
  }

  /** Whether a clock that was far ahead wrote the times of a session, so that `expiresAt` has to be corrected. */
  isAstray(now: number, { touchedAt, expiresAt }: Times, maxAge: number | null): boolean {
    return !this.#isBlind && Math.min(touchedAt, expiresAt - this.#restMs(maxAge)) > now + mostSkewMs
  }

  /**
   * Whether a session has expired. This considers the last activity too, not only the stored `expiresAt`, so that a
   * shorter `idle` in a new configuration applies to existing sessions. `maxAge` is undefined before it has been read.
   */
  isOver(now: number, { createdAt, touchedAt, expiresAt }: Span, maxAge?: number | null): boolean {
    if (expiresAt <= now || createdAt + this.#absoluteMs <= now) return true
    return !this.#isBlind && !(touchedAt + this.#restMs(maxAge) > now)
  }

  /**
   * How long a session lives after recorded activity: the idle timeout and `touchEvery` together. Activity within
   * `touchEvery` is not recorded, and no session may expire before its idle timeout.
   */
  #restMs(maxAge: number | null = longestLifetimeMs): number {
    const idleMs = this.idleMs(maxAge)
    return idleMs > 0 ? idleMs + this.touchEveryMs(maxAge) : idleMs
  }
}
