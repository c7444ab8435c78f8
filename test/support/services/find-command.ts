import { accessSync, constants, existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Finds a command as a shell would, or where Debian has servers; undefined where there is none. */
export function findCommand(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...serverFolders()]
  return folders.map(folder => join(folder, name)).find(isExecutable)
}

/** Where the servers are that only root or a wrapper is to start: `npm run services` looks there as well. */
function serverFolders(): string[] {
  const postgres = '/usr/lib/postgresql'
  const versions = existsSync(postgres) ? readdirSync(postgres).sort((a, b) => Number(b) - Number(a)) : []
  return ['/usr/sbin', ...versions.map(version => join(postgres, version, 'bin'))]
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
