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

function step(name: StepName, who = 0, how = 7): Step {
  return { name, who, how }
}

/** Waits for three minutes. */
const threeMinutes: Step = step('wait', 0, 6)

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
      ...Array.from({ length: 6 }, () => step('pass')),
      step('endAll'),
      step('pass', 1),
      step('pass', 1),
      step('pass', 1),
      step('pass', 1),
    ],
  },
}
