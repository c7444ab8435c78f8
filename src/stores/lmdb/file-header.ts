import { closeSync, openSync, readSync } from 'node:fs'
import { isError } from '../../core/report/errors.ts'
import { isCutOff } from './file-pages.ts'

/** Where the engine writes its magic number, and where an older version of it did. */
const markAt = 24
const olderMarkAt = 16
const mark = 0xbe_ef_c0_de
const headerBytes = markAt + 4

/**
 * Says why the engine cannot use a file; undefined where it can, and for an empty or missing file. The engine itself does
 * not check, and would crash the process.
 */
export function strangenessOf(file: string): string | undefined {
  const descriptor = openIfThere(file)
  if (descriptor === undefined) return undefined
  try {
    return strangenessIn(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function strangenessIn(descriptor: number): string | undefined {
  const header = Buffer.alloc(headerBytes)
  const length = readSync(descriptor, header, 0, headerBytes, 0)
  if (length === 0) return undefined
  if (header.readUInt32LE(markAt) === mark)
    return isCutOff(descriptor) ? 'its `data.mdb` is not whole. Restore it from a copy' : undefined
  return header.readUInt32LE(olderMarkAt) === mark
    ? 'its `data.mdb` was written by another version of LMDB'
    : 'its `data.mdb` is no file of LMDB'
}

function openIfThere(file: string): number | undefined {
  try {
    return openSync(file, 'r')
  } catch (error) {
    if (isError(error) && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
