import type { Policy } from './options.ts'
import { longestLifetimeMs } from './set-cookie.ts'
import type { Activity } from './store.ts'

/** When a session was last active, and when its time is over. */
export type Times = Omit<Activity, 'device'>

const dayMs = 86_400_000
const minuteMs = 60_000
const touchesPerIdle = 10

/** Decides when sessions end, and how often activity is recorded. */
export class Timeouts {
  readonly #idleMs: number | undefined
  readonly #absoluteMs: number
  readonly #touchEveryMs: number | undefined

  constructor(policy: Pick<Policy, 'idleMs' | 'absoluteMs' | 'touchEveryMs'>, touchesAlways: boolean) {
    this.#idleMs = policy.idleMs
    this.#absoluteMs = policy.absoluteMs
    this.#touchEveryMs = policy.touchEveryMs ?? (touchesAlways ? 0 : undefined)
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

  /**
   * What activity now is worth. The idle timeout is prolonged by the span in which activity goes
   * unrecorded, so that a session never ends earlier than promised; the absolute one is exact.
   */
  activity(now: number, createdAt: number, maxAge: number | null): Times {
    const idleMs = this.idleMs(maxAge)
    const slackMs = idleMs > 0 ? this.touchEveryMs(maxAge) : 0
    return { touchedAt: now, expiresAt: Math.min(now + idleMs + slackMs, createdAt + this.#absoluteMs) }
  }

  isTouchDue(now: number, touchedAt: number, maxAge: number | null): boolean {
    // A clock that was set back, or another machine's that is fast, must not keep activity from being recorded.
    return touchedAt > now || now - touchedAt >= this.touchEveryMs(maxAge)
  }

  isOver(now: number, record: Times & { readonly createdAt: number }): boolean {
    return record.expiresAt <= now || record.createdAt + this.#absoluteMs <= now
  }
}
