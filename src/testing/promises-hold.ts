import { BrokenPromise } from './promises/broken-promise.ts'
import { playStory, type StoryHarness } from './promises/play.ts'
import { shortened } from './promises/shortened.ts'
import { storyLength, storyOf } from './promises/story.ts'

/** The store to prove, and how thoroughly. */
export interface PromisesOptions extends StoryHarness {
  /** Selects the stories. A run with the same seed plays the same stories. @default 1 */
  readonly seed?: number
  /** The number of steps in all. @default 10_000 */
  readonly steps?: number
}

/**
 * Runs two managers on one store through thousands of random steps, and compares their answers with a simple model of
 * what Sojourn promises. The steps are overlapping requests, sign-ins, logouts and other ends, new ids, passing time,
 * failing store calls and killed processes.
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

/** The same error with as few steps as reproduce it, and with its seed. */
async function explained(harness: StoryHarness, { story, error, seed }: Broken): Promise<BrokenPromise> {
  const shortest = await shortened(harness, { story, error })
  const { promise, seen, trace } = shortest.error
  const settings = JSON.stringify(story.settings)
  return new BrokenPromise(promise, `${seen} Seed ${seed}, with ${settings}:`, trace)
}
