import type { KnownSession } from './known-session.ts'
import type { Arrival } from './model.ts'
import type { StorySession, StoryVisit } from './node.ts'
import type { Operation } from './operation.ts'
import type { Write } from './registers.ts'
import type { Moment } from './timeline.ts'

/** Names and what is under them, as a story writes it. */
export type Values = ReadonlyMap<string, string>

/** How one request begins. */
export interface RequestStart {
  readonly name: string
  readonly node: number
  readonly browser: Browser
  readonly visit: StoryVisit
  /** The id in the cookie that it brings; undefined where it brings none, or one that nobody has signed. */
  readonly brought: string | undefined
  readonly isForged: boolean
  readonly isPassive: boolean
  readonly openedAt: Moment
}

/** A browser, and the `Cookie` header that it sends. */
export interface Browser {
  cookie: string | undefined
}

/** One request that has not been answered yet, and what is known of it. */
export class UnderWay {
  readonly name: string
  readonly node: number
  readonly browser: Browser
  readonly visit: StoryVisit
  readonly brought: string | undefined
  readonly isForged: boolean
  readonly isPassive: boolean
  readonly openedAt: Moment
  /** What it is doing. */
  operation: Operation | undefined
  session: KnownSession | undefined
  /** The values as they were when they were last stored or read. */
  base: Values = new Map()
  /** Whether it has found the session of its cookie, or has stored one. */
  hasStored = false
  /** Whether it came with an old id and was led to the one that the session has now. */
  isLed = false
  /** Whether it has called a method of its session, so that it is no stranger any more. */
  hasActed = false
  /** Whether it has ended the session that the visitor came with. */
  hasEnded = false
  /** Whether it was told that its session is gone. */
  isGone = false
  /** Whether something of it has failed, so that nothing it does is certain any more. */
  isSpoilt = false
  /** Whom it is signing in. */
  arriving: Arrival | undefined
  /** Writes that may have been made, and may still be. */
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

  /** Whether it can do something now. */
  get isIdle(): boolean {
    return this.operation === undefined
  }

  /** The session, where it has one that can be used. */
  get view(): StorySession | undefined {
    const isUsable = this.session !== undefined && !this.isGone && !this.isSpoilt
    return isUsable ? this.visit.session : undefined
  }

  /** Nothing of it can take effect any more. */
  settle(now: Moment): void {
    for (const write of this.unsure) write.until ??= now
    this.unsure.clear()
  }
}
