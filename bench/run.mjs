/** Measures what a session costs beside express-session and prints the table. `--help` says how to steer it. */
import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describeMachine } from './machine.mjs'
import { parseOptions, usage } from './options.mjs'
import { createReport, formatReport } from './report.mjs'
import { findScenario, signIn, signInLarge } from './scenarios.mjs'

const measureScript = fileURLToPath(new URL('measure.mjs', import.meta.url))
const execute = promisify(execFile)
const defaultPasses = 7
const timeLimitMs = 220_000
const childLimitMs = 120_000
const subjects = ['express-session', 'sojourn']

try {
  await main(parseOptions())
} catch (error) {
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}

async function main(options) {
  if (options.help) return process.stdout.write(usage)
  assertInstalled()
  const machine = describeMachine()
  const startedAt = performance.now()
  const { measurements, passes } = await runPasses(options, startedAt)
  const seconds = Math.round((performance.now() - startedAt) / 1000)
  const facts = { app: options.app, machine, versions: versions(), sizes: sizes(), seconds }
  const report = createReport({
    ...facts,
    passes,
    requests: options.requests,
    scenarios: options.chosen,
    measurements,
  })
  process.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : formatReport(report))
}

function assertInstalled() {
  assertExists('node_modules/express-session', 'Run `npm ci` in bench/ first.')
  assertExists('../dist/index.js', 'Run `npm run build` in the project first.')
}

function assertExists(path, advice) {
  if (!existsSync(new URL(path, import.meta.url))) throw new Error(advice)
}

/** Unless their number was asked for, passes end early where another one would not fit into the time. */
async function runPasses(options, startedAt) {
  const measurements = []
  const wanted = options.passes ?? defaultPasses
  let passes = 0
  while (passes < wanted) {
    measurements.push(...(await runPass(options, passes)))
    passes += 1
    process.stderr.write(`pass ${passes} of ${wanted}\n`)
    const elapsedMs = performance.now() - startedAt
    if (options.passes === undefined && elapsedMs * (1 + 1 / passes) > timeLimitMs) break
  }
  return { measurements, passes }
}

/** Measures every scenario once with each subject, which take turns in going first. */
async function runPass(options, pass) {
  const measurements = [await runChild('control', findScenario('stranger'), options)]
  const order = pass % 2 === 0 ? subjects : subjects.toReversed()
  for (const scenario of options.chosen) {
    for (const subject of order) measurements.push(await runChild(subject, scenario, options))
  }
  return measurements
}

async function runChild(subject, scenario, { app, requests }) {
  const count = Math.ceil(requests * (scenario.share ?? 1))
  const parameters = [measureScript, subject, scenario.name, app, String(count)]
  // Only what a child needs: the caller's options for Node or debug switches would be measured too.
  const env = { PATH: process.env.PATH, NODE_ENV: 'production' }
  const { stdout } = await execute(process.execPath, parameters, { env, timeout: childLimitMs })
  return JSON.parse(stdout)
}

function versions() {
  const versionOf = path => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')).version
  return `express-session ${versionOf('node_modules/express-session/package.json')}, sojourn ${versionOf('../package.json')}`
}

function sizes() {
  return { small: sizeAfter(signIn), large: sizeAfter(signInLarge) }
}

function sizeAfter(fill) {
  const session = {}
  fill(session)
  return JSON.stringify(session).length
}
