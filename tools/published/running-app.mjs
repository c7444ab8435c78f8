import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/**
 * Starts one of the apps of a scratch project in a process of its own and waits until it listens.
 * Stop it with `stop`, which waits until the process has ended.
 */
export async function startApp(project, file, options) {
  const environment = { ...process.env, APP_OPTIONS: JSON.stringify(options), NODE_ENV: 'test' }
  const child = fork(join(project, file), { cwd: project, env: environment, execArgv: [] })
  const { port } = await firstMessage(child, file)
  return { origin: `http://127.0.0.1:${port}`, stop: () => stop(child) }
}

async function firstMessage(child, file) {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`Expected ${file} to listen, but it ended with code ${code}. Its errors are above.`)
  })
  const [message] = await Promise.race([once(child, 'message'), ended])
  ended.catch(() => {})
  return message
}

async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.disconnect()
  await ended
}
