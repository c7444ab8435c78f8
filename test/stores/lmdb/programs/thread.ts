import { parentPort, workerData } from 'node:worker_threads'
import { lmdbStore } from '../../../../src/stores/lmdb.ts'

/** A thread that wants to open a folder. It tells what came of it. */

async function open(path: string): Promise<string> {
  try {
    await lmdbStore({ path }).close()
    return 'opened'
  } catch (error) {
    return error instanceof Error && 'code' in error ? `${error.code}: ${error.message}` : String(error)
  }
}

// Only the program beside this one starts it.
parentPort?.postMessage(await open(workerData as string))
