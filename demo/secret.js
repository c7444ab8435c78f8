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
 * is made here.
 *
 * @param {string} path
 */
export function createSecret(path) {
  const secret = randomBytes(32).toString('base64url')
  if (existsSync(path)) appendFileSync(path, `\n${name}=${secret}\n`)
  else
    writeFileSync(path, `# Signs and seals the sessions of the demo. Never commit it.\n${name}=${secret}\n`, {
      mode: 0o600,
    })
  return secret
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
