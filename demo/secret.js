import { randomBytes } from 'node:crypto'
import { appendFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { parseEnv } from 'node:util'

const name = 'SESSION_SECRET'

/**
 * Reads a file of settings. Answers none for a file that is not there.
 *
 * @param {string} path
 * @returns {NodeJS.Dict<string>}
 */
export function readSettings(path) {
  return existsSync(path) ? parseEnv(readFileSync(path, 'utf8')) : {}
}

/**
 * Makes a secret and keeps it in the file, so that the next start has the same. Only the owner can read a file that
 * is made here. Of two first starts at the same time one makes the file, and both have its secret.
 *
 * @param {string} path
 */
export function createSecret(path) {
  const secret = randomBytes(32).toString('base64url')
  if (createFile(path, secret)) return secret
  const other = readSettings(path)[name]
  if (other) return other
  addTo(path, secret)
  return secret
}

/**
 * Answers false, and changes nothing, where there is something already.
 *
 * @param {string} path
 * @param {string} secret
 */
function createFile(path, secret) {
  const text = `# Signs and seals the sessions of the demo. Never commit it.\n${name}=${secret}\n`
  try {
    writeFileSync(path, text, { mode: 0o600, flag: 'ax' })
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

/**
 * @param {string} path
 * @param {string} secret
 */
function addTo(path, secret) {
  // What is written through such a link would be readable for everybody.
  if (!existsSync(path))
    throw new Error(`Expected ${path} to be a file, got a link that leads nowhere. Remove it.`)
  appendFileSync(path, `\n${name}=${secret}\n`)
}

/**
 * Whether others than the owner may read the file. Windows has other means than these bits.
 *
 * @param {string} path
 */
export function isOpenToOthers(path) {
  if (process.platform === 'win32' || !existsSync(path)) return false
  return (statSync(path).mode & 0o077) !== 0
}
