import { parentPort, workerData } from 'node:worker_threads'
import { lmdbStore } from '../../../../src/stores/lmdb.ts'

/** A thread that writes to a folder which others write to as well. It tells when its first writes are answered. */

interface Job {
  readonly path: string
  readonly lane: number
  readonly writes: number
  readonly cutShort: boolean
}

// Only the program beside this one starts it.
const { path, lane, writes, cutShort } = workerData as Job
const store = lmdbStore({ path })

async function write(index: number): Promise<void> {
  const key = `${cutShort ? 'cut-' : ''}${lane}-${index}`
  const times = { createdAt: 1, touchedAt: 1, expiresAt: 9e15, device: undefined }
  const owner = { subject: 'ada', authenticatedAt: 1, epoch: 0, rotation: undefined }
  await store.create({ key, version: 1, ...times, ...owner, data: 'x' })
}

await write(0)
if (cutShort) parentPort?.postMessage('busy')
await Promise.all(Array.from({ length: writes }, (_, index) => write(index)))
if (!cutShort) parentPort?.postMessage('done')
await store.close()
