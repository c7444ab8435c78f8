import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
/** A collection that is done when it returns. The flag shows it to contexts that are made from now on. */
const collectGarbage: () => void = runInNewContext('gc')

/** The bytes that are still in use once everything that nobody holds is gone. */
export function bytesInUse(): number {
  collectGarbage()
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
