import { BrokenPromise } from './broken-promise.ts'
import { playStory, type StoryHarness } from './play.ts'
import type { Step, Story } from './story.ts'

/** A story that breaks a promise. */
export interface BrokenStory {
  readonly story: Story
  readonly error: BrokenPromise
}

/** Enough for a story of some hundred steps, and few enough for a slow store. */
const mostReplays = 150

/** Removes steps from a story as long as it still breaks the same promise. */
export async function shortened(harness: StoryHarness, broken: BrokenStory): Promise<BrokenStory> {
  let shortest = broken
  let replays = 0
  let size = Math.ceil(broken.story.steps.length / 2)
  while (size >= 1 && replays < mostReplays) {
    const { steps } = shortest.story
    for (let end = steps.length; end > 0 && replays < mostReplays; end -= size) {
      replays += 1
      const found = await replayed(harness, shortest, without(shortest.story.steps, end - size, end))
      shortest = found ?? shortest
    }
    const isShorter = shortest.story.steps.length < steps.length
    size = isShorter && size === 1 ? 1 : Math.floor(size / 2)
  }
  return shortest
}

function without(steps: readonly Step[], from: number, to: number): readonly Step[] {
  return steps.filter((_, index) => index < from || index >= to)
}

async function replayed(
  harness: StoryHarness,
  { story, error }: BrokenStory,
  steps: readonly Step[],
): Promise<BrokenStory | undefined> {
  const shorter = { ...story, steps }
  try {
    await playStory(harness, shorter)
    return undefined
  } catch (other) {
    const isSame = other instanceof BrokenPromise && other.promise === error.promise
    return isSame ? { story: shorter, error: other } : undefined
  }
}
