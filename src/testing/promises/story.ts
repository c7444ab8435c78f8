import { Random } from './random.ts'

/**
 * The steps of a story and their weights. The first weight is for stories in which each store call is a step of its own,
 * the second for a store that answers at once.
 */
export const stepWeights = {
  open: [8, 12],
  write: [9, 13],
  remove: [2, 3],
  commit: [10, 15],
  save: [2, 3],
  update: [4, 6],
  rotate: [2, 4],
  destroy: [1, 2],
  regenerate: [1, 3],
  signIn: [6, 6],
  signOut: [1, 2],
  drop: [1, 2],
  end: [1, 2],
  find: [1, 2],
  list: [2, 4],
  endOthers: [1, 2],
  endAll: [4, 2],
  wait: [4, 8],
  crash: [1, 1],
  fail: [1, 1],
  lose: [1, 1],
  act: [6, 0],
  pass: [30, 0],
} as const

export type StepName = keyof typeof stepWeights

/** The names of all steps. */
// The keys of the object are exactly its names.
export const stepNames = Object.keys(stepWeights) as readonly StepName[]

/**
 * One step of a story. `who` chooses one of those that can take the step, and `how` a variant. Any number is valid, so
 * that a story stays valid when steps are removed from it.
 */
export interface Step {
  readonly name: StepName
  readonly who: number
  readonly how: number
}

/** Which calls of a store wait until the story lets them through. */
export type WaitingCalls = 'none' | 'writes' | 'all'

/** The options of the two managers of a story. */
export interface StorySettings {
  /** Which store calls are steps of their own, even for a store that can answer them at once. */
  readonly waits: WaitingCalls
  readonly hasKeys: boolean
  readonly seal: 'server' | 'visitor' | false
  readonly codec: 'json' | 'structured'
  readonly touchEvery: '1s' | '1m'
  readonly rotateEvery: '3m' | undefined
  readonly onReplay: 'refuse' | 'end'
  readonly maxPerSubject: number | undefined
  readonly atLimit: 'evict-oldest' | 'refuse'
}

/** What happens to the sessions of two managers on one store. */
export interface Story {
  readonly settings: StorySettings
  readonly steps: readonly Step[]
  /** Decides the ids of the sessions, so that a story plays the same way each time. @default 0 */
  readonly seed?: number
}

/** Long enough for a race between several requests, and short enough to read. */
export const storyLength = 150

/** Makes the story of a seed: always the same for the same seed and length. */
export function storyOf(seed: number, length: number): Story {
  const random = new Random(seed)
  const settings = settingsOf(random)
  const column = settings.waits === 'none' ? 1 : 0
  const weighted = stepNames.map(name => [name, stepWeights[name][column]] as const)
  const steps = Array.from({ length }, () => ({
    name: random.pick(weighted),
    who: random.below(64),
    how: random.below(64),
  }))
  return { settings, steps, seed }
}

function settingsOf(random: Random): StorySettings {
  const isOneIn = (bound: number): boolean => random.below(bound) === 0
  return {
    waits: random.pick<WaitingCalls>([
      ['all', 3],
      ['writes', 1],
      ['none', 2],
    ]),
    hasKeys: isOneIn(2),
    seal: random.pick<StorySettings['seal']>([
      [false, 2],
      ['server', 1],
      ['visitor', 1],
    ]),
    codec: isOneIn(3) ? 'structured' : 'json',
    touchEvery: isOneIn(2) ? '1s' : '1m',
    rotateEvery: isOneIn(2) ? '3m' : undefined,
    onReplay: isOneIn(3) ? 'end' : 'refuse',
    maxPerSubject: isOneIn(3) ? 1 + random.below(2) : undefined,
    atLimit: isOneIn(2) ? 'refuse' : 'evict-oldest',
  }
}
