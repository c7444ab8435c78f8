import { Random } from './random.ts'

/**
 * What can happen in a story, and how often it does: where each call of the store is a step of its own, and
 * where the store answers at once.
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
 * One step of a story. The numbers choose: which of those who can do it does it, and how. Any number will do,
 * so that a story stays one when steps are taken out of it.
 */
export interface Step {
  readonly name: StepName
  readonly who: number
  readonly how: number
}

/** Which calls of a store wait until the story lets them through. */
export type WaitingCalls = 'none' | 'writes' | 'all'

/** Under which options the two managers of a story keep sessions. */
export interface StorySettings {
  /** Which calls of the store are steps of their own, also for a store that can answer them at once. */
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
  /** Which ids its sessions get: the same for the same seed, so that a story is played the same way each time. @default 0 */
  readonly seed?: number
}

/** Long enough for a race between several requests, and short enough to be read. */
export const storyLength = 150

/** Writes the story of a seed: the same for the same seed and length. */
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
