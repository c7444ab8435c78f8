import { setTimeout as pause } from 'node:timers/promises'

/**
 * Runs the observations of one file when the parent process asks for them, and tells what each has left behind:
 * errors that nobody caught, and warnings. Everything must end by itself once the parent disconnects.
 */
const left = { uncaught: [], warnings: [] }
const note = error => left.uncaught.push(String(error?.stack ?? error))
process.on('uncaughtException', note)
process.on('unhandledRejection', note)
process.on('warning', warning => {
  if (warning.name !== 'DeprecationWarning') left.warnings.push(String(warning))
})

const observations = await import(`./${process.env.OBSERVED}`)

process.on('message', async ({ name, options }) => {
  const answer = await observe(name, options)
  await pause(20)
  process.send({ ...answer, uncaught: left.uncaught.splice(0), warnings: left.warnings.splice(0) })
})
process.send('ready')

async function observe(name, options) {
  try {
    return { seen: await Promise.race([observations[name](options), tooLong(name)]) }
  } catch (error) {
    return { failure: error.stack ?? String(error) }
  }
}

async function tooLong(name) {
  await pause(10_000, undefined, { ref: false })
  throw new Error(`Expected ${name} to be done within 10 seconds.`)
}
