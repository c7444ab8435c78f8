import { accessSync, constants, statSync } from 'node:fs'
import { join } from 'node:path'
import { Strangeness } from './unusable.ts'

/**
 * Makes sure that the engine can use its lock, and answers whether it is there already. A process in which the engine
 * finds that it cannot is killed.
 *
 * The lock is not opened here: with the end of that this process would lose what it has locked for another store.
 *
 * @throws Error as the system says it, and `Strangeness`.
 */
export function checkLockFile(folder: string): boolean {
  const file = join(folder, 'lock.mdb')
  const found = statSync(file, { throwIfNoEntry: false })
  if (found?.isFile() === false)
    throw new Strangeness('there is something else in the place of its `lock.mdb`')
  accessSync(found === undefined ? folder : file, constants.R_OK | constants.W_OK)
  return found !== undefined
}
