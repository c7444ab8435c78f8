import { closeSync, openSync, readSync } from 'node:fs'

/** Where the engine writes its mark, and where an older version of it did. */
const markAt = 24
const olderMarkAt = 16
const mark = 0xbe_ef_c0_de
const headerBytes = markAt + 4

/**
 * Says why a file cannot be one of the engine's; undefined where it can, where it is still empty, and where there is
 * none. The engine itself does not look, and takes the process down with it.
 */
export function strangenessOf(file: string): string | undefined {
  const header = headerOf(file)
  if (header === undefined || header.length === 0) return undefined
  if (header.length === headerBytes && header.readUInt32LE(markAt) === mark) return undefined
  const isOlder = header.length === headerBytes && header.readUInt32LE(olderMarkAt) === mark
  return isOlder
    ? 'its `data.mdb` was written by another version of LMDB'
    : 'its `data.mdb` is no file of LMDB'
}

function headerOf(file: string): Buffer | undefined {
  const header = Buffer.alloc(headerBytes)
  try {
    const descriptor = openSync(file, 'r')
    try {
      return header.subarray(0, readSync(descriptor, header, 0, headerBytes, 0))
    } finally {
      closeSync(descriptor)
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
