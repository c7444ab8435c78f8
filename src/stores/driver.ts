import { createRequire } from 'node:module'
import { SojournError } from '../core/report/errors.ts'

const requireHere = createRequire(import.meta.url)

/**
 * Loads the package that a store talks through. It is loaded when a store is made and not before, so that nobody
 * needs the packages of stores that they do not use.
 *
 * @throws SojournError `DRIVER_MISSING` when it is not installed, or cannot be loaded.
 */
export function loadDriver(store: string, name: string): unknown {
  try {
    return requireHere(name)
  } catch (cause) {
    const problem = isMissing(cause, name) ? 'it is not installed' : 'it cannot be loaded. See `cause`'
    throw new SojournError(
      'DRIVER_MISSING',
      `Expected the package \`${name}\` for the ${store} store, but ${problem}. Run: npm install ${name}`,
      { cause },
    )
  }
}

function isMissing(error: unknown, name: string): boolean {
  const isNotFound = error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND'
  return isNotFound && error.message.includes(`'${name}'`)
}
