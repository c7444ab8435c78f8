import type { Engine } from '../engine/engine.ts'
import { attempt, chain } from '../record/maybe-promise.ts'
import type { MaybePromise, SessionRecord } from '../record/store.ts'
import { publish } from '../report/events.ts'
import type { LiveSession } from '../session/live-session.ts'
import { forgetForeign, removeRecord } from './adoption.ts'
import { catchUp } from './catch-up.ts'
import { Creation } from './creation.ts'
import type { WritingRequest } from './record-of.ts'

/** The options of a removal. */
export interface RemovalOptions {
  /** Set if another session will keep some of its data. The removal then first loads changes that others have stored. */
  readonly goesOn?: boolean
  /** The engine that calls the store. @default the engine of the request */
  readonly engine?: Engine
}

/**
 * Removes a session, and returns whether this request has ended it. A session that was never stored needs no call of the
 * store, except with `saveUninitialized`.
 */
export function removeSession(
  request: WritingRequest,
  live: LiveSession,
  { goesOn = false, engine = request.engine }: RemovalOptions = {},
): MaybePromise<boolean> {
  const { genid, saveUninitialized } = engine.policy
  // Only an id from `genid` can belong to another session.
  const isMinted = genid === undefined
  return chain(isMinted ? undefined : new Creation(request, engine).recognize(live), () => {
    const mayBeThere = live.state === 'sent' || (isMinted && saveUninitialized)
    if (live.record !== undefined && goesOn) return removeAsStored(engine, live, live.record)
    if (live.record !== undefined || mayBeThere) return remove(engine, live)
    live.markAbsent('ended')
    return true
  })
}

function remove(engine: Engine, live: LiveSession): MaybePromise<boolean> {
  // If an earlier removal of this request has failed, it may have removed the record all the same.
  const isOurs = live.isRemovalAsked || live.record === undefined
  live.isRemovalAsked = true
  const removing = removeRecord(engine, live.id, engine.keyOf(live.id))
  return chain(removing, wasThere => note(engine, live, wasThere) || isOurs)
}

/** Merges the session with the current record, and removes exactly that version. */
function removeAsStored(
  engine: Engine,
  live: LiveSession,
  held: SessionRecord<unknown>,
): MaybePromise<boolean> {
  // Stores for express-session compare no versions, so the session is loaded before it is removed.
  if (engine.keepsSessions)
    return chain(engine.load(live.id), current => {
      if (current !== undefined && current.version !== held.version) catchUp(engine, live, current)
      return remove(engine, live)
    })
  const over = { ...held, version: held.version + 1, touchedAt: Number.MAX_SAFE_INTEGER, expiresAt: 0 }
  const removing = attempt(
    () =>
      chain(forgetForeign(engine, live.id), () =>
        engine.ask('replace', live.id, (store, call) => store.replace(over, held.version, call)),
      ),
    error => {
      live.isRemovalAsked = true
      throw error
    },
  )
  return chain(removing, answer => {
    if (answer === 'replaced') return note(engine, live, true)
    const isNewer = answer !== 'gone' && catchUp(engine, live, answer)
    return isNewer ? removeAsStored(engine, live, answer) : remove(engine, live)
  })
}

function note(engine: Engine, live: LiveSession, wasThere: boolean): boolean {
  live.markAbsent('ended')
  engine.recollection.noteEnd(engine.keyOf(live.id))
  if (wasThere) publish('destroyed', () => ({ handle: engine.handleOf(live.id) }))
  return wasThere
}
