import { createRoute } from './apps.mjs'
import { Driver } from './driver.mjs'
import { signIn, signInLarge } from './scenarios.mjs'

const visitorCount = 1000

/** Signs visitors in through the app itself, whichever sessions it has, and answers their `Cookie` headers. */
export async function signInVisitors(createApp, middleware, scenario) {
  const route = createRoute(({ session }) => (scenario.isLarge ? signInLarge : signIn)(session))
  const driver = new Driver(createApp(route, middleware), [])
  const cookies = []
  for (let visitor = 0; visitor < visitorCount; visitor += 1) {
    await driver.run(1)
    cookies.push(cookieOf(driver))
  }
  return cookies
}

/**
 * Throws unless the measured app did what its scenario says: no cookie for a stranger, a new one for a
 * sign-in, and a session that is still there and has counted each visit. Broken sessions must not pass for
 * cheap ones.
 */
export async function prove(scenario, driver, { createApp, middleware, cookies }) {
  if (scenario.name.startsWith('stranger')) return expect('cookie', driver.lastCookie, undefined)
  const cookie = scenario.isSignedIn ? cookies[0] : cookieOf(driver)
  const seen = await lookInto(createApp, middleware, cookie)
  expect('name', seen.name, 'Ada Lovelace')
  expect('count of views', seen.views, scenario.isWriting ? driver.visitsOf(0) : 0)
}

async function lookInto(createApp, middleware, cookie) {
  const seen = {}
  const route = createRoute(({ session }) =>
    Object.assign(seen, { name: session.name, views: session.views }),
  )
  await new Driver(createApp(route, middleware), [cookie]).run(1)
  return seen
}

function cookieOf(driver) {
  if (driver.lastCookie === undefined) throw new Error('Expected a cookie from a sign-in, got none.')
  return Buffer.from(driver.lastCookie, 'latin1')
}

function expect(what, actual, expected) {
  if (actual !== expected) throw new Error(`Expected the ${what} to be '${expected}', got '${actual}'.`)
}
