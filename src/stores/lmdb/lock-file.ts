import { accessSync, constants, statSync } from 'node:fs'
import { join } from 'node:path'
import { Strangeness } from './unusable.ts'

/**
 * Makes sure that the engine can use its lock file, and answers whether the file exists. If the engine itself finds that
 * it cannot, the process is killed.
 *
 * The file is not opened here: when it is closed again, this process would lose the locks of its other stores on it.
 *
 * @throws Error of the system, and `Strangeness`.
 */
export function checkLockFile(folder: string): boolean {
  const file = join(folder, 'lock.mdb')
  const found = statSync(file, { throwIfNoEntry: false })
  if (found?.isFile() === false)
    throw new Strangeness('there is something else in the place of its `lock.mdb`')
  accessSync(found === undefined ? folder : file, constants.R_OK | constants.W_OK)
  return found !== undefined
}
