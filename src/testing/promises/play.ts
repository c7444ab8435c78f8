import type { MaybePromise } from '../../core/record/store.ts'
import type { StoreBench } from '../store-contract.ts'
import { audit } from './audit.ts'
import { takeStep } from './steps.ts'
import type { Story } from './story.ts'
import { World } from './world.ts'

/** How a story opens its store. */
export interface StoryHarness {
  /** Opens an empty store. Each story calls it once. */
  open(): MaybePromise<StoreBench>
}

/**
 * Plays a story on a store, and checks the promises at each step. Answers how many steps could be taken: without a
 * request, for example, there is nothing to commit.
 *
 * @throws BrokenPromise
 */
export async function playStory({ open }: StoryHarness, story: Story): Promise<number> {
  const bench = await open()
  try {
    return await play(new World(story, bench), story)
  } finally {
    await bench.close?.()
  }
}

async function play(world: World, { steps }: Story): Promise<number> {
  let taken = 0
  for (const step of steps) {
    const done = await takeStep(world, step)
    if (done === undefined) continue
    taken += 1
    await world.settle()
  }
  await audit(world)
  return taken
}
