import { isError, SojournError } from '../../core/report/errors.ts'

/** A problem with a folder that our own checks found, and not the system. */
export class Strangeness extends Error {}

/** What is wrong and what to do about it, by the codes of the system and of the engine. */
const reasons: ReadonlyMap<unknown, string> = new Map([
  ...each(
    ['EACCES', 'EPERM', 1, 13],
    'this process may not write there. Make its user the owner of the folder',
  ),
  ...each(['EROFS', 30], 'it is on a file system that can only be read'),
  // The system's answer to creating a folder on a read-only disk.
  ...each(['ENOENT'], 'it is not there and cannot be made'),
  ...each(['ENOSPC', 'EDQUOT', 28, 122], 'there is no room left on the disk'),
  ...each(['EEXIST', 'ENOTDIR', 20], 'there is a file in its place'),
  ...each(['EISDIR', 21], 'there is a folder in the place of its `data.mdb`'),
  ...each([-30_793], 'its `data.mdb` is no file of LMDB'),
  ...each([-30_794], 'its `data.mdb` was written by another version of LMDB'),
  ...each([-30_790], 'too many processes have it open'),
])

function each(codes: readonly unknown[], reason: string): (readonly [unknown, string])[] {
  return codes.map(code => [code, reason])
}

/** The error for a folder that cannot be used. */
export function unusable(folder: string, cause: unknown): SojournError {
  return new SojournError(
    'STORE_UNUSABLE',
    `Expected a folder for the file of the lmdb store, got ${folder}, but ${reasonOf(cause)}. Or choose another folder with \`path\`.`,
    { cause },
  )
}

function reasonOf(cause: unknown): string {
  if (cause instanceof Strangeness) return cause.message
  const code = isError(cause) && 'code' in cause ? cause.code : undefined
  return reasons.get(code) ?? 'it cannot be opened. See `cause`'
}
