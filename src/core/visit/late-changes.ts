import type { Engine } from '../engine/engine.ts'
import { warnAfterEnd, warnStale } from '../report/warnings.ts'
import type { LiveSession } from '../session/live-session.ts'

/** What tells of a request whether a change of one of its sessions comes too late. */
interface ChangedRequest {
  readonly engine: Engine
  readonly current: LiveSession | undefined
  /** Set when the end of the request has begun, which stores for the last time. */
  readonly isOver: boolean
  /** What the request is still doing. It never rejects. */
  readonly underWay: Promise<void> | undefined
}

/** For how long a change may wait for the `save` that stores it after all, as on a socket. */
const patienceMs = 1000

/** Warns of changes that come too late to be stored, unless something stores them before long. */
export class LateChanges {
  readonly #request: ChangedRequest
  /** A session that is compared before long. */
  #watched: LiveSession | undefined

  constructor(request: ChangedRequest) {
    this.#request = request
  }

  /** Compares a session before long with what it is now, before the application can change it. */
  watch(live: LiveSession): void {
    if (this.#watched === live) return
    this.#watched = live
    const before = changesOf(live)
    setTimeout(() => void this.#tell(live, before), patienceMs).unref()
  }

  /** The same for what a route has taken out of its session, and may still hold when the request is over. */
  watchHandedOut(): void {
    const { engine, current } = this.#request
    if (engine.isDeveloping && current?.hasHandedOut) this.watch(current)
  }

  async #tell(live: LiveSession, before: string | undefined): Promise<void> {
    while (this.#request.underWay !== undefined) await this.#request.underWay
    this.#watched = undefined
    const after = changesOf(live)
    // What the application has tried to save it was told of.
    if (after === undefined || after === before || after === live.savedAs) return
    if (live !== this.#request.current) warnStale()
    else if (this.#request.isOver && !live.hasEnded) warnAfterEnd()
  }
}

/** What was changed and is not stored, as far as it can be written. */
function changesOf(live: LiveSession): string | undefined {
  try {
    return live.changes()
  } catch {
    return undefined
  }
}
