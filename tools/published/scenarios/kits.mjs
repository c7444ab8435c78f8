import { describeObserved } from '../observed.mjs'

const stores = ['memory', 'late']
const kits = [
  'connect-flash',
  'express-flash',
  'csrf-sync',
  'lusca',
  'method-override',
  'cookie-parser',
  'helmet',
  'express-rate-limit',
]

const visits = kits.flatMap(kit =>
  [4, 5].flatMap(express =>
    stores.map(store => ({
      title: `a member signs in and out with ${kit} (Express ${express}, ${store} store)`,
      see: 'signInAndOut',
      options: { kit, express, store },
      expected: { statuses: [302, 200, 302], users: ['ada', null, null], isIdNew: true },
    })),
  ),
)

const limits = stores.map(store => ({
  title: `express-rate-limit counts by the session's id (${store} store)`,
  see: 'limited',
  options: { store },
  expected: [200, 200, 200, 200, 200, 429, 429],
}))

const protections = [
  {
    title: 'helmet’s headers are on a sign-in',
    see: 'protectedHeaders',
    options: { isFailing: false },
    expected: {
      status: 302,
      has: ['content-security-policy', 'x-content-type-options', 'location', 'set-cookie'],
    },
  },
  {
    title: 'helmet’s headers are on the error of a sign-in that cannot be stored',
    see: 'protectedHeaders',
    options: { isFailing: true },
    ours: true,
    expected: { status: 503, has: ['content-security-policy', 'x-content-type-options'] },
  },
]

describeObserved('A sign-in with Passport', 'kits.js', [...visits, ...limits, ...protections])

const afterMany = [4, 5].flatMap(express =>
  stores.map(store => ({
    title: `a hundred requests on one connection leave nothing on it (Express ${express}, ${store} store)`,
    see: 'afterMany',
    options: { express, store },
    expected: { body: '100', connections: 1, isSame: true, before: false },
  })),
)

const untouched = { title: "nothing stands on Node's prototypes", see: 'prototypes', expected: [] }

describeObserved('What requests leave behind', 'leftovers.js', [...afterMany, untouched])
