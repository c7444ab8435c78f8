import type { Step, StepName, Story, StorySettings } from 'sojourn/testing'

const plain: StorySettings = {
  waits: 'none',
  hasKeys: false,
  seal: false,
  codec: 'json',
  touchEvery: '1m',
  rotateEvery: undefined,
  onReplay: 'refuse',
  maxPerSubject: undefined,
  atLimit: 'refuse',
}

/** Every call of the store is a step of its own, as with a store over a network. */
const later: StorySettings = { ...plain, waits: 'all' }

function step(name: StepName, who = 0, how = 7): Step {
  return { name, who, how }
}

/** Waits for three minutes. */
const threeMinutes: Step = step('wait', 0, 6)
const aSecond: Step = step('wait', 0, 0)
const signInAsAda: Step = step('signIn', 0, 2)
/** Begins a request of the first browser that is a sign of life. */
const open: Step = step('open', 0, 7)

/** Lets through, one after the other, the calls at this place in the line. */
function pass(count: number, place = 0): Step[] {
  return Array.from({ length: count }, () => step('pass', place))
}

/** Stories in which promises were broken once. */
export const knownStories: { readonly [name: string]: Story } = {
  'a change is stored though another request was quicker to renew the id': {
    settings: { ...plain, rotateEvery: '3m' },
    steps: [
      step('open'),
      step('write', 0, 0),
      step('commit'),
      step('open'),
      step('open'),
      threeMinutes,
      step('write', 0, 1),
      step('commit'),
      step('write', 0, 2),
      step('commit'),
      step('open'),
    ],
  },
  'an update that has failed is not stored over later ones at the end of its request': {
    settings: plain,
    steps: [
      step('open'),
      step('update'),
      step('commit'),
      step('open'),
      step('lose'),
      step('update'),
      step('open'),
      step('update'),
      step('commit'),
      step('commit'),
      step('open'),
    ],
  },
  'a session that was ended after its request had saved it gets no cookie': {
    settings: plain,
    steps: [step('open'), step('update'), step('end'), step('commit')],
  },
  'a sign-in that was ended by a revocation at the last moment is not told of a limit': {
    settings: { ...plain, waits: 'all', maxPerSubject: 1 },
    steps: [
      step('open'),
      step('signIn', 0, 0),
      ...pass(2),
      step('endAll'),
      ...pass(2, 1),
      // The sign-in looks once more, and takes its session back.
      ...pass(2),
    ],
  },
  /** @see issue 12, seed 735645451 */
  'with a limit that refuses, a sign-in that has succeeded is not ended by one that is still under way': {
    settings: { ...later, maxPerSubject: 1 },
    steps: [
      open,
      // At the other process.
      step('open', 3),
      signInAsAda,
      // The first has taken its turn, and stores nothing yet.
      ...pass(1),
      aSecond,
      signInAsAda,
      // The second signs in meanwhile, and is told so.
      ...pass(3, 1),
      ...pass(3),
    ],
  },
  /** @see issue 12, seed 324785371 */
  'endOthers does not spare a session that endAll has ended, though its record is still there': {
    settings: later,
    steps: [
      open,
      signInAsAda,
      ...pass(3),
      step('commit'),
      step('endAll'),
      ...pass(1),
      open,
      // The visitor is told that the session is revoked.
      ...pass(1, 1),
      step('endOthers'),
      ...pass(2, 2),
      open,
      ...pass(1, 3),
    ],
  },
  /** @see issue 12, seed 1000448 */
  'a load is answered before it is older than the deadline allows': {
    settings: { ...later, touchEvery: '1s' },
    steps: [
      open,
      step('update'),
      ...pass(1),
      step('commit'),
      ...pass(1),
      threeMinutes,
      threeMinutes,
      open,
      step('act'),
      // Another request records activity, of which the answer to the first one does not know.
      step('open', 0, 7),
      ...pass(1, 1),
      step('commit', 1),
      ...pass(1, 1),
      step('wait', 0, 8),
    ],
  },
}

/** Seeds whose stories have shown a broken promise once, on some store, or a mistake of the model. */
export const knownSeeds: readonly (readonly [seed: number, what: string])[] = [
  [735_645_451, 'a limit that refuses, and sign-ins at the same time'],
  [324_785_371, 'endAll beside endOthers'],
  [1_000_448, 'a load that is answered later than any deadline'],
  [86_160_832, 'somebody is active between the two answers that make a list'],
  [876_450_672, 'the same, while others sign in and end sessions'],
  [363_678_486, 'a passive request is the first that finds a session'],
  [363_679_607, 'a failed request stores its session under another id, long after it made the record'],
  [359_828_467, 'a failed sign-in leaves a session that nobody has the id of, and fills the limit'],
  [939_288_823, 'a request under way saves a session while endAll has only drawn its line'],
  [184_312_370, 'a request under way changes a session after an endAll that has failed half-way'],
  [412_098_250, 'a request under way is sent its cookie while endAll has only drawn its line'],
  [398_305_973, 'a request that came with an old id ends long after it began'],
  [684_350_171, 'a list shows a session whose sign-in is about to be refused'],
  [948_552_833, 'a request is let in long after its record was read, while another one is active'],
  [135_347_316, 'the same, for a session whose id is to be changed'],
  [845_030_469, 'a request with an id that was given up destroys its session'],
  [827_812_865, 'two requests change the id, and the one that comes too late was active later'],
  [824_789_209, 'a replay ends a session while another request saves it'],
]
