import { parseArgs } from 'node:util'
import { findScenario, namesOfScenarios, scenarios } from './scenarios.mjs'

/** What `--help` prints. */
export const usage = `Usage: node run.mjs [--only read,write] [--passes 7] [--requests 12000] [--app node|express] [--json]

  --only      the scenarios to measure, of: ${namesOfScenarios()}
  --passes    how often to measure each; unless given, at most 7 and only what fits into four minutes
  --requests  how many requests one pass makes of each (12000, and 4000 with --app express)
  --app       what the app is built on: node (plain node:http) or express (Express 5)
  --json      prints JSON instead of a Markdown table
`

const requestsByApp = { node: 12_000, express: 4000 }

const accepted = {
  only: { type: 'string' },
  passes: { type: 'string' },
  requests: { type: 'string' },
  app: { type: 'string', default: 'node' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
}

/** Reads the command line. Throws, and says what is accepted, where it makes no sense. */
export function parseOptions() {
  const { values } = parseArgs({ options: accepted })
  assertApp(values.app)
  return {
    ...values,
    chosen: values.only === undefined ? scenarios : values.only.split(',').map(findScenario),
    passes: values.passes === undefined ? undefined : parseCount('--passes', values.passes, 1000),
    // Each sign-in leaves a session behind until its process ends, so their number has a bound.
    requests: parseCount('--requests', values.requests ?? requestsByApp[values.app], 200_000),
  }
}

function assertApp(app) {
  if (Object.hasOwn(requestsByApp, app)) return
  throw new Error(`Expected --app to be node or express, got '${app}'.`)
}

function parseCount(option, text, most) {
  const count = Number(text)
  if (Number.isInteger(count) && count >= 1 && count <= most) return count
  throw new Error(`Expected ${option} to be a whole number from 1 to ${most}, got '${text}'.`)
}
