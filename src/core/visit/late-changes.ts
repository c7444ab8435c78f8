import type { Engine } from '../engine/engine.ts'
import { warnAfterEnd, warnStale } from '../report/warnings.ts'
import type { LiveSession } from '../session/live-session.ts'

/** The parts of a request that tell whether a change of its session comes too late. */
interface ChangedRequest {
  readonly engine: Engine
  readonly current: LiveSession | undefined
  /** Set when the end of the request has begun, which saves for the last time. */
  readonly isOver: boolean
  /** Resolves when the operations of the request have ended; undefined if none is running. It never rejects. */
  readonly underWay: Promise<void> | undefined
  /** The session that is being watched. */
  watched: LiveSession | undefined
}

/** How long to wait for a `save` that stores a late change after all, as on a socket. */
const patienceMs = 1000

/**
 * Notes the present state of a session, and compares it with the state after a while. Warns about changes that come too late
 * to be saved, unless a `save` follows soon.
 */
export function watchLate(request: ChangedRequest, live: LiveSession): void {
  if (request.watched === live) return
  request.watched = live
  const before = changesOf(live)
  setTimeout(() => void tell(request, live, before), patienceMs).unref()
}

/** The same for objects of the session that the route may still hold after the request. In development only. */
export function watchHandedOut(request: ChangedRequest): void {
  const { engine, current } = request
  if (engine.isDeveloping && current?.hasHandedOut) watchLate(request, current)
}

async function tell(request: ChangedRequest, live: LiveSession, before: string | undefined): Promise<void> {
  while (request.underWay !== undefined) await request.underWay
  request.watched = undefined
  const after = changesOf(live)
  // If the application has tried to save this state, it knows about a failure.
  if (after === undefined || after === before || after === live.savedAs) return
  if (live !== request.current) warnStale()
  else if (request.isOver && !live.hasEnded) warnAfterEnd()
}

/** The unsaved changes, as text; undefined if there are none, or if they cannot be encoded. */
function changesOf(live: LiveSession): string | undefined {
  try {
    return live.changes()
  } catch {
    return undefined
  }
}
