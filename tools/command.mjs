import { spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the repository. Every tool works from here, wherever it was called. */
export const root = fileURLToPath(new URL('..', import.meta.url))

/** The tools that npm has installed are found without a global installation. */
const path = [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter)

/**
 * Runs a command, and answers its output and whether it succeeded. Nothing is printed unless `echo` is
 * set, so that a stage that passes takes one line.
 */
export function run(command, { cwd = root, echo = false, env = {} } = {}) {
  const [file, ...parameters] = command
  const child = spawn(file, parameters, {
    cwd,
    env: { ...process.env, PATH: path, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return collect(child, echo)
}

function collect(child, echo) {
  return new Promise(resolve => {
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', text => {
        output += text
        if (echo) process.stdout.write(text)
      })
    }
    child.on('error', error => resolve({ succeeded: false, output: `${output}${error.message}\n` }))
    child.on('close', code => resolve({ succeeded: code === 0, output }))
  })
}

/** Runs commands one after the other, up to the first that fails, and answers with the output of the last. */
export async function runAll(commands, options = {}) {
  let result = { succeeded: true, output: '' }
  for (const command of commands) {
    result = await run(command, options)
    if (!result.succeeded) break
  }
  return result
}
