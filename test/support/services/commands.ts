import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe, test } from 'vitest'

/** Finds a command as a shell would; undefined where there is none. */
export function findCommand(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return folders.map(folder => join(folder, name)).find(isExecutable)
}

/**
 * Describes tests that need a server. Where its command is not installed they are skipped with the name of what to
 * install; and they fail where all of it has to be there, which is wherever `CI` is set.
 */
export function describeService(title: string, command: string, tell: () => void): void {
  if (findCommand(command) !== undefined) describe(title, tell)
  else if (process.env['CI'] === 'true') describe(title, () => test(advice(command), failing(command)))
  else describe(title, () => test.skip(advice(command)))
}

function advice(command: string): string {
  return `needs ${command}: run npm run services, or install it`
}

function failing(command: string): () => void {
  return () => {
    throw new Error(`Expected ${command} to be installed where CI is set. Run: npm run services`)
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
