import Module from 'node:module'

/** The packages that a URL can be opened with, in the versions that the tests have, by the names that they have here. */
export const packages = [
  ['node-redis 6', 'redis', 'redis'],
  ['node-redis 5', 'redis', 'redis5'],
  ['ioredis 6', 'ioredis', 'ioredis'],
  ['ioredis 5', 'ioredis', 'ioredis5'],
] as const

// There is no other way to change what a process finds installed.
const loader = Module as unknown as { _resolveFilename(name: string, ...rest: unknown[]): string }
const resolve = loader._resolveFilename

/** Lets a package be found in the place of another one; or nothing, for undefined. Answers what takes it back. */
export function install(name: string, instead: string | undefined): () => void {
  const before = loader._resolveFilename
  loader._resolveFilename = (wanted, ...rest) => {
    if (wanted !== name) return before.call(loader, wanted, ...rest)
    if (instead !== undefined) return resolve.call(loader, instead, ...rest)
    throw Object.assign(new Error(`Cannot find module '${name}'`), { code: 'MODULE_NOT_FOUND' })
  }
  return () => {
    loader._resolveFilename = before
  }
}

/** Does something where a driver is found installed in one of its versions. */
export function installed<Result>(name: string, instead: string, work: () => Result): Result {
  const takeBack = install(name, instead)
  try {
    return work()
  } finally {
    takeBack()
  }
}
