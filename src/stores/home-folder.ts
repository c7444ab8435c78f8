import { homedir } from 'node:os'
import { join } from 'node:path'
import { SojournError } from '../core/report/errors.ts'

const homely = /^~(?<user>[^/\\]*)(?<rest>.*)$/s

/**
 * Replaces a tilde at the beginning of a path by the home folder. A shell does so before a program sees the path, but
 * nothing does in a URL, in a settings file or in a string in code, and nobody means a folder named `~`.
 *
 * @throws SojournError `OPTION_INVALID` for the home folder of another user, which Node does not know.
 */
export function withHomeFolder(path: string): string {
  const { user, rest } = homely.exec(path)?.groups ?? {}
  if (rest === undefined) return path
  if (user === '') return join(homedir(), rest)
  throw new SojournError(
    'OPTION_INVALID',
    "Expected `path` to be in the home folder of this process's user, as in '~/sessions', got that of another one. " +
      'For a folder whose name begins with a tilde write `./` before it.',
  )
}
