/**
 * Measures the LMDB store with many sessions: how large the file is, how soon it opens, what a read costs, how many
 * writes and removals it makes in a second. `--help` says how to steer it.
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { describeMachine } from './machine.mjs'

const usage = `Usage: node lmdb.mjs [--records 1000000] [--durability flushed|committed]

It needs the project built, and about 700 bytes of disk for each record in the folder for temporary files.
`
const accepted = {
  records: { type: 'string', default: '1000000' },
  durability: { type: 'string', default: 'flushed' },
  help: { type: 'boolean', default: false },
}
const dayMs = 86_400_000
/** How many requests write at the same time. */
const writers = 64
const reads = 100_000
const writes = 20_000
/** How far the clock of the store is ahead, so that all sessions can be over at once. */
let aheadMs = 0
const clock = { now: () => Date.now() + aheadMs, after: () => () => undefined }

const { values } = parseArgs({ options: accepted })
if (values.help) process.stdout.write(usage)
else await main({ count: Number(values.records), durability: values.durability })

async function main({ count, durability }) {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-bench-'))
  try {
    await measure({ count, durability, path: join(folder, 'sessions') })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function measure({ count, durability, path }) {
  const { lmdbStore } = await import('../dist/lmdb.js')
  const open = () => lmdbStore({ path, durability, clock })
  const keys = Array.from({ length: count }, () => randomBytes(32).toString('base64url'))
  const some = () => keys[Math.floor(Math.random() * count)]
  const { processor, node, load } = describeMachine()
  console.log(`${count} sessions, durability '${durability}', ${node}, ${processor}, load ${load}\n`)
  await measureCreation(open(), keys)
  tell('bytes of the file for each session', statSync(join(path, 'data.mdb')).size / count)
  const store = await measureOpening(open)
  await measureReads(store, some)
  await measureWrites(store, Array.from({ length: writes }, some))
  await measureSweep(store, count)
  await store.close()
}

async function measureCreation(store, keys) {
  const { seconds } = await timed(() => inParallel(keys, key => store.create(recordOf(key))))
  tell(`created a second, ${writers} at a time`, keys.length / seconds)
  await store.close()
}

async function measureOpening(open) {
  let store
  const { seconds } = await timed(() => {
    store = open()
  })
  tell('milliseconds to open the file', seconds * 1000)
  return store
}

/** The first round brings the file into memory, where a running server has it. */
async function measureReads(store, some) {
  await timed(() => readAll(store, some))
  const { cpuSeconds } = await timed(() => readAll(store, some))
  tell('microseconds of CPU for a read', (cpuSeconds / reads) * 1e6)
}

async function measureWrites(store, keys) {
  const { seconds, cpuSeconds } = await timed(() => inParallel(keys, key => rewrite(store, key)))
  tell(`replaced a second, ${writers} at a time`, keys.length / seconds)
  tell('microseconds of CPU for a replacement', (cpuSeconds / keys.length) * 1e6)
}

async function measureSweep(store, count) {
  aheadMs = 3 * dayMs
  const { seconds } = await timed(async () => {
    const removed = await store.sweep(Number.POSITIVE_INFINITY)
    if (removed !== count) throw new Error(`Expected ${count} sessions to be removed, got ${removed}.`)
  })
  tell('removed a second by a sweep', count / seconds)
}

function recordOf(key) {
  const now = Date.now()
  return {
    key,
    version: 1,
    createdAt: now,
    touchedAt: now,
    expiresAt: now + dayMs + Math.floor(Math.random() * dayMs),
    device: undefined,
    subject: undefined,
    authenticatedAt: undefined,
    epoch: 0,
    rotation: undefined,
    data: JSON.stringify({
      user: { id: 4711, name: 'Ada Lovelace' },
      cart: [1, 2, 3],
      csrf: key + key,
      views: 1,
    }),
  }
}

async function rewrite(store, key) {
  const record = store.load(key)
  const now = Date.now()
  const next = { ...record, version: record.version + 1, touchedAt: now, expiresAt: now + 2 * dayMs }
  await store.replace(next, record.version)
}

function readAll(store, some) {
  for (let time = 0; time < reads; time += 1) {
    if (store.load(some()) === undefined)
      throw new Error('Expected every session to be there, and one is not.')
  }
}

async function inParallel(keys, work) {
  let next = 0
  const worker = async () => {
    while (next < keys.length) await work(keys[next++])
  }
  await Promise.all(Array.from({ length: writers }, worker))
}

async function timed(work) {
  const cpu = process.cpuUsage()
  const startedAt = performance.now()
  await work()
  const { user, system } = process.cpuUsage(cpu)
  return { seconds: (performance.now() - startedAt) / 1000, cpuSeconds: (user + system) / 1e6 }
}

function tell(what, figure) {
  const shown = figure >= 100 ? Math.round(figure).toLocaleString('en') : figure.toPrecision(3)
  console.log(`${shown.padStart(10)}  ${what}`)
}
