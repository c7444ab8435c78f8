import { createRequire } from 'node:module'
import { playStory, promisesHold } from '../../../src/testing/index.ts'
import { storyLength, storyOf } from '../../../src/testing/promises/story.ts'
import type { PlaceName } from './place-names.ts'
import { places } from './places.ts'

/** A process that plays one story after the other on one store, until the time is over or a promise is broken. */
const [name = '', seed = '', most = '', until = ''] = process.argv.slice(2)

// What is published is CommonJS, in which a store finds its package by `require`. The sources are compiled as modules.
Object.assign(globalThis, { require: createRequire(import.meta.url) })
// The program that has started this process checks the name.
const place = await places[name as PlaceName]()
let [stories, steps] = [0, 0]
let broken: unknown
while (broken === undefined && stories < Number(most) && Date.now() < Number(until)) {
  try {
    steps += await playStory(place, storyOf(Number(seed) + stories, storyLength))
    stories += 1
  } catch (error) {
    broken = await explained(error)
    process.exitCode = 1
  }
}
await place.close()
process.stdout.write(`${broken === undefined ? '' : explanation(broken)}${summary()}\n`)

/** The same story once more, with as few steps as lead to the broken promise. */
async function explained(error: unknown): Promise<unknown> {
  const again = promisesHold({ open: place.open, seed: Number(seed) + stories, steps: 1 })
  return await again.then(
    () => error,
    found => found,
  )
}

function summary(): string {
  const verdict = broken === undefined ? 'kept' : 'BROKEN'
  const [told, taken] = [stories, steps].map(count => count.toLocaleString('en'))
  return `${verdict}  ${name}: ${told} stories from seed ${seed} on, ${taken} steps`
}

function explanation(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  const again = `npm run model -- --store ${name} --seed ${Number(seed) + stories} --stories 1`
  return `\n${name}: ${text}\nTo see it again: ${again}\n\n`
}
