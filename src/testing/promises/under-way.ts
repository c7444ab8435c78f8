import type { KnownSession } from './known-session.ts'
import type { Arrival } from './model.ts'
import type { StorySession, StoryVisit } from './node.ts'
import type { Operation } from './operation.ts'
import type { Write } from './registers.ts'
import type { Moment } from './timeline.ts'

/** The names and values of a session, as a story writes them. */
export type Values = ReadonlyMap<string, string>

/** How one request begins. */
export interface RequestStart {
  readonly name: string
  readonly node: number
  readonly browser: Browser
  readonly visit: StoryVisit
  /** The id in its cookie; undefined without a cookie, or with a forged one. */
  readonly brought: string | undefined
  readonly isForged: boolean
  readonly isPassive: boolean
  readonly openedAt: Moment
}

/** A browser, and the `Cookie` header that it sends. */
export interface Browser {
  cookie: string | undefined
}

/** One request that has not been answered yet, and what the story knows of it. */
export class UnderWay {
  readonly name: string
  readonly node: number
  readonly browser: Browser
  readonly visit: StoryVisit
  readonly brought: string | undefined
  readonly isForged: boolean
  readonly isPassive: boolean
  readonly openedAt: Moment
  /** The operation that it is waiting for. */
  operation: Operation | undefined
  session: KnownSession | undefined
  /** The values at the last load or save. */
  base: Values = new Map()
  /** Whether it has found the session of its cookie, or has stored one. */
  hasStored = false
  /** Whether it brought an old id and got the present one of its session. */
  isLed = false
  /** Whether it has called a method of its session, so that it is no stranger any more. */
  hasActed = false
  /** Whether it has ended the session that the visitor came with. */
  hasEnded = false
  /** Whether an operation of it failed because the session is gone. */
  isGone = false
  /** Whether one of its operations had a failing store call, so that nothing it does is certain any more. */
  isSpoilt = false
  /** Its sign-in. */
  arriving: Arrival | undefined
  /** Writes that may have been made, or may still take effect. */
  readonly unsure: Set<Write> = new Set()

  constructor(start: RequestStart) {
    this.name = start.name
    this.node = start.node
    this.browser = start.browser
    this.visit = start.visit
    this.brought = start.brought
    this.isForged = start.isForged
    this.isPassive = start.isPassive
    this.openedAt = start.openedAt
  }

  /** Whether it can begin an operation. */
  get isIdle(): boolean {
    return this.operation === undefined
  }

  /** Its session, if it has one that can be used. */
  get view(): StorySession | undefined {
    const isUsable = this.session !== undefined && !this.isGone && !this.isSpoilt
    return isUsable ? this.visit.session : undefined
  }

  /** Notes that none of its writes can take effect any more. */
  settle(now: Moment): void {
    for (const write of this.unsure) write.until ??= now
    this.unsure.clear()
  }
}
