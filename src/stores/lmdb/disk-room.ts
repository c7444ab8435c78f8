import { statfsSync } from 'node:fs'

/**
 * What has to be free on the disk before anything is written. It is more than all processes of a machine write
 * between the question and the answer.
 */
export const leastRoom: number = 16 * 1024 * 1024

/**
 * Makes sure that there is room on the disk of a folder. The engine must not find out by itself: it writes its
 * message about a full disk past the end of a buffer, and a process that maps a new file there is killed.
 *
 * @throws Error with the code that the system has for a full disk, and whatever the system says of the folder.
 */
export function demandRoom(folder: string): void {
  const { bavail, blocks, bsize } = statfsSync(folder)
  // Some file systems count nothing. What they have left is not known.
  if (blocks === 0 || bavail * bsize >= leastRoom) return
  const message = `Expected ${leastRoom / 1024 / 1024} MB to be free on the disk of the lmdb store, got less. Make room.`
  throw Object.assign(new Error(message), { code: 'ENOSPC' })
}
