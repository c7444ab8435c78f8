import { statfsSync } from 'node:fs'

/**
 * The space that must be free on the disk before each write. It is more than all processes of a machine write between
 * the check and the write.
 */
export const leastRoom: number = 16 * 1024 * 1024

/**
 * Makes sure that the disk of a folder has room. The engine must not find out by itself: it writes its message about a
 * full disk past the end of a buffer, and the system kills a process that maps a new file there.
 *
 * @throws Error with the code `ENOSPC` for a full disk, and whatever the system throws for the folder.
 */
export function demandRoom(folder: string): void {
  const { bavail, blocks, bsize } = statfsSync(folder)
  // Some file systems do not count blocks, so their free space is unknown.
  if (blocks === 0 || bavail * bsize >= leastRoom) return
  const message = `Expected ${leastRoom / 1024 / 1024} MB to be free on the disk of the lmdb store, got less. Make room.`
  throw Object.assign(new Error(message), { code: 'ENOSPC' })
}
