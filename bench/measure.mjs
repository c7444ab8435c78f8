/**
 * One measurement in a process of its own, so that no other subject or scenario has shaped the compiled code:
 * `node measure.mjs <subject> <scenario> <app> <requests>` prints one line of JSON.
 */
import { apps, createRoute } from './apps.mjs'
import { Driver } from './driver.mjs'
import { findScenario } from './scenarios.mjs'
import { subjects } from './subjects.mjs'
import { prove, signInVisitors } from './visitors.mjs'

const windowSize = 500
const leastWarmUp = 4000

const [subject, scenario, app, requests] = process.argv.slice(2)
const figures = await measure({ subject, scenario: findScenario(scenario), app, requests: Number(requests) })
process.stdout.write(`${JSON.stringify({ subject, scenario, ...figures })}\n`, () => process.exit())

/** Measures the app without sessions and the app with the subject's in turns, both warmed up before. */
async function measure({ subject, scenario, app, requests }) {
  const createApp = await apps[app]()
  const middleware = await subjects[subject]()
  const cookies = scenario.isSignedIn ? await signInVisitors(createApp, middleware, scenario) : []
  const alone = new Driver(createApp(createRoute()), cookies)
  const withSessions = new Driver(createApp(createRoute(scenario.visit), middleware), cookies)
  await alternate(alone, withSessions, Math.max(requests / 4, leastWarmUp))
  const figures = await alternate(alone, withSessions, requests)
  await prove(scenario, withSessions, { createApp, middleware, cookies })
  return figures
}

/**
 * Runs both in windows, each first as often as second, so that a slow drift of the machine cancels out. Which
 * begins is left to chance: garbage is collected at a steady beat and would else always meet the same one.
 */
async function alternate(alone, withSessions, requests) {
  const rounds = Math.ceil(requests / (2 * windowSize))
  const spent = new Map([alone, withSessions].map(driver => [driver, 0]))
  for (let round = 0; round < rounds; round += 1) {
    for (const driver of mirror(alone, withSessions)) {
      spent.set(driver, spent.get(driver) + (await measureWindow(driver)))
    }
  }
  const measured = rounds * 2 * windowSize
  return {
    requests: measured,
    alone: spent.get(alone) / measured,
    withSessions: spent.get(withSessions) / measured,
  }
}

function mirror(left, right) {
  return Math.random() < 0.5 ? [left, right, right, left] : [right, left, left, right]
}

/** Answers the microseconds of CPU that the process spent, in all its threads, on one window of requests. */
async function measureWindow(driver) {
  await idle()
  const before = process.cpuUsage()
  await driver.run(windowSize)
  await idle()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

/** Waits two turns of the event loop: what a request leaves to be done after its response is its cost too. */
async function idle() {
  for (let turn = 0; turn < 2; turn += 1) await new Promise(resolve => setImmediate(resolve))
}
