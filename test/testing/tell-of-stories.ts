import { playStory, promisesHold, type StoryHarness } from 'sojourn/testing'
import { expect, test } from 'vitest'
import { knownSeeds, knownStories } from './known-stories.ts'

/** Tells that the promises hold in every story in which one was broken once, on a store whose calls can wait. */
export function tellOfKnownStories(open: StoryHarness['open']): void {
  for (const [name, story] of Object.entries(knownStories)) {
    if (story.settings.waits !== 'all') continue
    test(name, async () => {
      expect(await playStory({ open }, story)).toBe(story.steps.length)
    })
  }

  test.each(knownSeeds)('in the story of seed %i: %s', async seed => {
    await promisesHold({ open, seed, steps: 1 })
  })
}
