import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { expectSameSteps } from '../transcript.mjs'
import { mongoAbsence, original, subject } from './environment.mjs'
import { visitShop } from './shop-visit.mjs'

const databaseNeeded = { skip: mongoAbsence ?? false }

const stores = [
  { title: 'memorystore', store: 'memorystore' },
  { title: 'session-file-store', store: 'session-file-store' },
  { title: 'connect-mongo', store: 'connect-mongo', test: databaseNeeded },
  {
    title: 'connect-mongo with documents',
    store: 'connect-mongo',
    storeOptions: { stringify: false },
    test: databaseNeeded,
  },
  {
    title: 'connect-mongo with touchAfter',
    store: 'connect-mongo',
    storeOptions: { touchAfter: 3600 },
    test: databaseNeeded,
  },
  { title: 'connect-redis', store: 'connect-redis' },
  { title: 'connect-pg-simple', store: 'connect-pg-simple' },
]

for (const { title, test: testOptions = {}, ...options } of stores) describeStore(title, testOptions, options)

function describeStore(title, testOptions, options) {
  describe(title, testOptions, () => {
    const visits = both(options)

    test('signs in, counts, regenerates and signs out', async () => {
      expectVisit((await visits()).ours)
    })

    test('is answered, written and sent the same as under express-session, but for ids and times', async () => {
      const { ours, theirs } = await visits()
      expectSameSteps(ours, theirs)
    })
  })
}

/** Both visits, made once and only when a test asks for them. */
function both(options) {
  let made
  return () => {
    made ??= makeBoth(options)
    return made
  }
}

async function makeBoth(options) {
  const [ours, theirs] = await Promise.all([visitShop(subject, options), visitShop(original, options)])
  return { ours, theirs }
}

/** What must be true of a visit whatever express-session does. */
function expectVisit(steps) {
  const at = title => steps.find(step => step.title === title)
  assert.deepEqual(at('a stranger looks').records, [])
  assert.deepEqual(at('a stranger looks').cookies, [])
  assert.equal(at('sign in').records.length, 1)
  assert.deepEqual(
    at('sign in').cookies.map(({ id, isExact }) => [id, isExact]),
    [['<id 1>', true]],
  )
  assert.equal(at('count the third view').body, 3)
  assert.deepEqual(at('the id').body, ['<id 1>', '<id 1>'])
  assert.ok(!at('take a key away').body.includes('basket'))
  assert.equal(at('reload by hand').body, 'ada')
  assert.equal(at('read past the middleware').body.savedBy, 'hand')
  assert.deepEqual(
    at('regenerate').cookies.map(({ id, isExact }) => [id, isExact]),
    [['<id 2>', true]],
  )
  assert.deepEqual(at('still signed in').body, { user: 'ada' })
  assert.deepEqual(at('the old cookie is worth nothing').body, {})
  assert.deepEqual(at('sign out').records, [])
  assert.deepEqual(at('signed out, the cookie played back').body, {})
  assert.deepEqual(at('signed out, the cookie played back').records, [])
}
