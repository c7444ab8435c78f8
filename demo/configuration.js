import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createSecret, isOpenToOthers, readSettings } from './secret.js'

/**
 * @typedef {object} Configuration
 * @property {number} port
 * @property {string} host
 * @property {string} storeUrl
 * @property {string} secret
 * @property {string} secretSource where the secret comes from, in words
 * @property {number} idleMs
 * @property {number} absoluteMs
 * @property {readonly string[]} warnings
 */

/** A setting that is wrong. The message is for whoever has set it, and holds no secret. */
export class ConfigurationError extends Error {}

const leastSecretBytes = 32
const dataFolder = fileURLToPath(new URL('data/sessions', import.meta.url))
/** @type {Readonly<Record<string, number>>} */
const unitMs = { s: 1000, m: 60_000, h: 3_600_000 }

/**
 * Reads what is configured: the environment first, then the file `.env` beside the shop, then the defaults.
 *
 * @param {NodeJS.ProcessEnv} environment
 * @param {string} path of the file, which is made with a secret in it when there is no secret anywhere
 * @returns {Configuration}
 * @throws {ConfigurationError} for the first setting that is wrong
 */
export function readConfiguration(environment, path) {
  const settings = { ...present(readSettings(path)), ...present(environment) }
  const { HOST = '127.0.0.1', SESSION_STORE = `lmdb:${dataFolder}`, SESSION_SECRET } = settings
  const configuration = {
    port: portFrom(settings.PORT),
    host: HOST,
    storeUrl: SESSION_STORE,
    idleMs: spanFrom('SESSION_IDLE', settings.SESSION_IDLE ?? '5m'),
    absoluteMs: spanFrom('SESSION_ABSOLUTE', settings.SESSION_ABSOLUTE ?? '1h'),
  }
  if (SESSION_SECRET !== undefined) checkSecret(SESSION_SECRET)
  // The last step, because it may write: nothing is left behind by a start that fails.
  const secret = SESSION_SECRET ?? createSecret(path)
  const isFromEnvironment = present(environment).SESSION_SECRET !== undefined
  const file = relative(process.cwd(), path)
  return {
    ...configuration,
    secret,
    secretSource: isFromEnvironment ? 'SESSION_SECRET of the environment' : file,
    warnings: isOpenToOthers(path)
      ? [`Warning: others on this machine can read ${file}. Run: chmod 600 ${file}`]
      : [],
  }
}

/**
 * What is set to nothing counts as not set.
 *
 * @param {NodeJS.Dict<string>} settings
 * @returns {NodeJS.Dict<string>}
 */
function present(settings) {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== ''))
}

function portFrom(text = '3000') {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text)
  throw new ConfigurationError(`Expected PORT to be a number from 0 to 65535, got '${text}'.`)
}

/**
 * @param {string} name
 * @param {string} text
 */
function spanFrom(name, text) {
  const [, count, unit = ''] = /^([1-9]\d{0,5})([smh])$/.exec(text) ?? []
  if (count !== undefined) return Number(count) * (unitMs[unit] ?? 0)
  throw new ConfigurationError(`Expected ${name} to be a span such as 30s, 5m or 1h, got '${text}'.`)
}

/** @param {string} secret */
function checkSecret(secret) {
  const { length } = Buffer.from(secret)
  if (length >= leastSecretBytes) return
  throw new ConfigurationError(
    `Expected SESSION_SECRET to have ${leastSecretBytes} bytes or more, got ${length}. Make one with: openssl rand -base64 32`,
  )
}
