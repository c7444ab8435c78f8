import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { on, once } from 'node:events'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { isMoved, original, subject } from './scenarios/environment.mjs'

/**
 * Describes what is observed in a process of its own in both projects: each case is an observation of the file, the
 * options that it is given, and what is to be seen. `ours` marks what express-session does not do. No observation
 * may leave an uncaught error or a warning behind, and nothing may keep the process from ending.
 */
export function describeObserved(title, file, cases) {
  const shared = cases.filter(({ ours }) => !ours)
  if (shared.length > 0) describe(`${title}: the original`, () => observeIn(original, file, shared))
  describe(`${title}: the moved project`, () => observeIn(subject, file, isMoved ? cases : shared))
}

function observeIn(project, file, cases) {
  let observed
  before(async () => {
    observed = await startObserved(project, file)
  })
  after(() => observed.endByItself())
  for (const { title, see, options, expected, mayWarn } of cases) {
    test(title, async () => assert.deepEqual(await observed.see(see, options, mayWarn), expected))
  }
}

async function startObserved(project, file) {
  const environment = { ...process.env, OBSERVED: file, NODE_ENV: 'test' }
  const child = fork(join(project, 'neighbours', 'observed.js'), {
    cwd: project,
    env: environment,
    execArgv: [],
  })
  const messages = messagesOf(child)
  await messages.next()
  return {
    see: (name, options, mayWarn) => see({ child, messages, mayWarn }, { name, options }),
    endByItself: () => endByItself(child),
  }
}

/** What the process says, one message after the other. It fails when the process ends instead. */
async function* messagesOf(child) {
  const ended = new AbortController()
  child.once('exit', () => ended.abort(new Error('The process has ended by itself. Its errors are above.')))
  for await (const [message] of on(child, 'message', { signal: ended.signal })) yield message
}

/** `mayWarn` matches the one warning that the process may give. */
async function see({ child, messages, mayWarn }, message) {
  child.send(message)
  const { value } = await messages.next()
  assert.equal(value.failure, undefined, value.failure)
  const { uncaught } = value
  const warnings = value.warnings.filter(warning => mayWarn?.test(warning) !== true)
  assert.deepEqual({ uncaught, warnings }, { uncaught: [], warnings: [] })
  return value.seen
}

async function endByItself(child) {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  const patience = setTimeout(() => child.kill('SIGKILL'), 10_000)
  child.disconnect()
  const [code, signal] = await ended
  clearTimeout(patience)
  assert.deepEqual({ code, signal }, { code: 0, signal: null }, 'something keeps the process from ending')
}
