import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describeWith } from '../service.ts'

/** Finds a command as a shell would; undefined where there is none. */
export function findCommand(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return folders.map(folder => join(folder, name)).find(isExecutable)
}

/** Describes tests that need a server, whose command may not be installed. */
export function describeService(title: string, command: string, tell: () => void): void {
  const advice = 'run npm run services, or install it'
  describeWith({ name: command, found: findCommand(command), advice }, title, tell)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
