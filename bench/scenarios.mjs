/**
 * What the measured requests do. `visit` is the route's use of the request; the app without sessions
 * runs the same route without it. `goal` is how many times cheaper than express-session the design wants it,
 * and `share` the part of the requests that a slow scenario makes do with.
 */
export const scenarios = [
  {
    name: 'stranger',
    title: 'stranger, nothing stored',
    goal: 25,
    isSignedIn: false,
    visit() {},
  },
  {
    name: 'stranger-looked-at',
    title: 'stranger, the route looks for a name',
    isSignedIn: false,
    visit({ session }) {
      expectValue(session.name, undefined)
    },
  },
  {
    name: 'never-looks',
    title: 'signed in, route never looks',
    goal: 100,
    isSignedIn: true,
    visit() {},
  },
  {
    name: 'read',
    title: 'signed in, read',
    goal: 10,
    isSignedIn: true,
    visit: readName,
  },
  {
    name: 'read-nested',
    title: 'signed in, read of a nested object',
    isSignedIn: true,
    visit({ session }) {
      expectValue(session.cart.currency, 'EUR')
    },
  },
  {
    name: 'write',
    title: 'signed in, write',
    goal: 10,
    isSignedIn: true,
    isWriting: true,
    visit: countView,
  },
  {
    name: 'sign-in',
    title: 'sign-in (new session)',
    goal: 6,
    isSignedIn: false,
    visit: ({ session }) => signIn(session),
  },
  {
    name: 'read-4k',
    title: '4 KB session, read',
    goal: 8,
    isSignedIn: true,
    isLarge: true,
    share: 0.25,
    visit: readName,
  },
  {
    name: 'write-4k',
    title: '4 KB session, write',
    goal: 4.5,
    isSignedIn: true,
    isLarge: true,
    share: 0.25,
    isWriting: true,
    visit: countView,
  },
]

/** Signs a visitor in with about 190 bytes of data, written as JSON. */
export function signIn(session) {
  session.userId = 'user-18420731'
  session.name = 'Ada Lovelace'
  session.email = 'ada.lovelace@shop.example'
  session.roles = ['customer', 'reviewer']
  session.views = 0
  session.cart = { items: 3, currency: 'EUR', total: 5990, shipping: 'standard' }
}

/** Signs a visitor in with about 4 KB of data, written as JSON. */
export function signInLarge(session) {
  signIn(session)
  session.orders = Array.from({ length: 40 }, (_, index) => createOrder(index))
}

export function findScenario(name) {
  const found = scenarios.find(scenario => scenario.name === name)
  if (found === undefined) throw new Error(`Expected a scenario of ${namesOfScenarios()}, got '${name}'.`)
  return found
}

export function namesOfScenarios() {
  return scenarios.map(scenario => scenario.name).join(', ')
}

function createOrder(index) {
  return {
    number: 10_000 + index,
    title: `A book about sessions, volume ${10 + index}`,
    quantity: 2,
    price: 1995,
    sent: true,
  }
}

function readName({ session }) {
  expectValue(session.name, 'Ada Lovelace')
}

function countView({ session }) {
  session.views += 1
}

/** A session that was not found must not pass for a cheap one. */
function expectValue(actual, expected) {
  if (actual !== expected) throw new Error(`Expected the session to hold '${expected}', got '${actual}'.`)
}
