import { Engine } from '../../core/engine/engine.ts'
import type { IdMint } from '../../core/ids/id-mint.ts'
import { resolveOptions } from '../../core/policy/options.ts'
import type { Store } from '../../core/record/store.ts'
import { Sessions, type TypedVisit } from '../../core/sessions.ts'
import type { Clock } from '../../core/time/clock.ts'
import type { StorySettings } from './story.ts'

/** Sessions of a story may hold anything. */
export interface Anything {
  [name: string]: unknown
}

export type StoryVisit = TypedVisit<Anything>
export type StorySession = NonNullable<StoryVisit['session']>

export const idleMs = 600_000
export const absoluteMs = 3_600_000
export const graceMs = 10_000
const secret = 'a secret that is long enough, and that only stories know'

/** One of the two processes of a story. */
export interface Node {
  readonly sessions: Sessions<Anything>
  /** Reads the id in the value of a cookie. */
  idIn(cookieValue: string): string | undefined
}

/** What a process of a story needs. */
export interface NodeOptions {
  readonly settings: StorySettings
  readonly store: Store
  readonly mint: IdMint
  now(): number
}

/** Starts a process. It knows nothing of the one that it replaces. */
export function startNode({ settings, store, mint, now }: NodeOptions): Node {
  const { touchEvery, rotateEvery, maxPerSubject, codec, seal, onReplay, atLimit } = settings
  const options = { touchEvery, rotateEvery, maxPerSubject, codec, seal, onReplay, atLimit }
  const policy = resolveOptions({
    ...options,
    ...(settings.hasKeys ? { keys: [{ id: 'story', secret }] } : { secret }),
    idle: idleMs,
    absolute: absoluteMs,
    rotationGrace: graceMs,
    onGone: 'fail',
    clock: storyClock(now),
  })
  const engine = new Engine(policy, store, mint)
  return {
    sessions: new Sessions<Anything>(engine),
    idIn: value => engine.signer(undefined).read(value)?.id,
  }
}

/** A clock without timers, so that no deadline ever passes: the story itself makes calls fail. */
function storyClock(now: () => number): Clock {
  return { now, after: () => () => undefined }
}
