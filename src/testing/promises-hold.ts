import { BrokenPromise } from './promises/broken-promise.ts'
import { playStory, type StoryHarness } from './promises/play.ts'
import { shortened } from './promises/shortened.ts'
import { storyLength, storyOf } from './promises/story.ts'

/** What is to be proved, and how thoroughly. */
export interface PromisesOptions extends StoryHarness {
  /** Which stories are told. A run with the same seed tells the same ones. @default 1 */
  readonly seed?: number
  /** How many steps are taken in all. @default 10_000 */
  readonly steps?: number
}

/**
 * Lets two managers on one store keep sessions through thousands of random steps, and compares what they
 * answer with a simple model of what Sojourn promises: requests that overlap, sign-ins, ends from all sides,
 * new ids, time that passes, calls of the store that fail, and processes that end in between.
 *
 * @throws BrokenPromise an `AssertionError` that says which promise, by which steps, and with which seed.
 * @example test('every promise holds', () => promisesHold({ open }))
 */
export async function promisesHold({ open, seed = 1, steps = 10_000 }: PromisesOptions): Promise<void> {
  let taken = 0
  for (let number = seed; taken < steps; number += 1) {
    const story = storyOf(number, storyLength)
    try {
      taken += await playStory({ open }, story)
    } catch (error) {
      if (!(error instanceof BrokenPromise)) throw error
      throw await explained({ open }, { story, error, seed: number })
    }
  }
}

interface Broken {
  readonly story: ReturnType<typeof storyOf>
  readonly error: BrokenPromise
  readonly seed: number
}

/** The same with as few steps as lead there, and how to see it again. */
async function explained(harness: StoryHarness, { story, error, seed }: Broken): Promise<BrokenPromise> {
  const shortest = await shortened(harness, { story, error })
  const { promise, seen, trace } = shortest.error
  const settings = JSON.stringify(story.settings)
  return new BrokenPromise(promise, `${seen} Seed ${seed}, with ${settings}:`, trace)
}
