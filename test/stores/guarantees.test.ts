import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BuiltSources } from '../support/built-sources.ts'
import type { Aftermath } from '../support/faults/aftermath.ts'
import { type Measured, overstatedIn, tableOf, withTable } from '../support/faults/guarantees.ts'
import { Load } from '../support/faults/load.ts'
import { describeWith, type Service } from '../support/service.ts'
import { findCommand } from '../support/services/commands.ts'
import { RedisServer } from '../support/services/redis.ts'
import { primaryName, RedisSentinels } from '../support/services/redis-sentinel.ts'
import { SmallDisk } from '../support/small-disk.ts'

/** What befalls a store in the middle of its work. */
type Fault = (load: Load) => Promise<void>

/** A store that is empty, where it can be reached, and what can befall that place. */
interface Scene {
  readonly url: string
  readonly befall: Fault
  /** Takes the place away, after what is left of the sessions was looked at. */
  end(): unknown
}

/** A store and something that can happen to it, of which each measurement has its own. */
interface Candidate {
  readonly store: string
  readonly fault: string
  /** What it takes; undefined where that is always there. */
  readonly needs?: Service<unknown>
  /** How much may be lost, as a share, where that is another amount each time. What the page says is one of them. */
  readonly most?: number
  begin(): Scene | Promise<Scene>
}

const page = new URL('../../docs/stores/README.md', import.meta.url)
const isWriting = process.env['GUARANTEES'] === 'write'
const measured: Measured[] = []
let sources: BuiltSources

/** What can happen to every store, because it happens to the processes that use it. */
const processFaults: Readonly<Record<string, Fault>> = {
  'one process is killed': async load => {
    await load.killOne()
    await load.answered(200)
    await load.stop()
  },
  'all processes are killed': load => load.kill(),
  'all processes end and are started again': load => load.stop(),
}

function withProcessFaults(
  store: string,
  begin: () => Promise<Omit<Scene, 'befall'>>,
  needs: Service<unknown> = nothing,
): Candidate[] {
  return Object.entries(processFaults).map(([fault, befall]) => ({
    store,
    fault,
    needs,
    begin: async () => ({ ...(await begin()), befall }),
  }))
}

async function inFolder(): Promise<Omit<Scene, 'befall'>> {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-guarantees-'))
  return { url: `lmdb:${folder}`, end: () => rmSync(folder, { recursive: true, force: true }) }
}

/** A disk that fills up under the feet of a store, and has room again a moment later. */
function onSmallDisk(): Scene {
  const disk = new SmallDisk(64)
  const befall: Fault = async load => {
    disk.fill(1024 * 1024)
    await load.failed(100)
    disk.empty()
    await load.answered(200)
    await load.stop()
  }
  return { url: `lmdb:${disk.folder}/sessions`, befall, end: () => disk.remove() }
}

/** A server that has every write on its disk before it answers. */
async function onServer(): Promise<Scene> {
  const server = await RedisServer.start({ parameters: durable })
  const befall: Fault = async load => {
    await server.kill()
    await load.failed(50)
    await server.start()
    await load.answered(200)
    await load.stop()
  }
  return { url: server.url, befall, end: () => server.stop() }
}

async function behindSentinel(): Promise<Scene> {
  const group = await RedisSentinels.start(durable)
  // A replica that is still to be told all that there is has nothing to take over with.
  await (await group.primary()).replicated(2)
  const befall: Fault = async load => {
    const former = await group.primary()
    await former.kill()
    await group.succeeded(former)
    await load.answered(200)
    await load.stop()
  }
  const hosts = group.ports.map(port => `127.0.0.1:${port}`).join(',')
  return { url: `redis+sentinel://${hosts}/${primaryName}`, befall, end: () => group.stop() }
}

const durable = ['--appendonly', 'yes', '--appendfsync', 'always']
const redis: Service<unknown> = {
  name: 'redis-server',
  found: findCommand('redis-server'),
  advice: 'run npm run services',
}
const problem = SmallDisk.problem()
const diskToFill: Service<unknown> = {
  name: 'a disk to fill',
  found: problem === undefined ? SmallDisk : undefined,
  advice: `but ${problem}`,
}
const nothing: Service<unknown> = { name: 'nothing', found: true, advice: '' }
const candidates: readonly Candidate[] = [
  ...withProcessFaults('memory', async () => ({ url: 'memory:', end: () => undefined })),
  ...withProcessFaults('lmdb', inFolder),
  { store: 'lmdb', fault: 'the disk is full for a while', needs: diskToFill, begin: onSmallDisk },
  ...withProcessFaults('redis', onServer, redis),
  { store: 'redis', fault: 'the server is killed and started again', needs: redis, begin: onServer },
  {
    store: 'redis',
    fault: 'the primary is killed, and a replica takes over',
    needs: redis,
    most: 0.2,
    begin: behindSentinel,
  },
]

beforeAll(() => {
  sources = new BuiltSources('test/support/faults')
})

afterAll(() => sources.remove())

for (const candidate of candidates) {
  const { store, fault, needs = nothing } = candidate
  describeWith(needs, `what the page says of ${store} is so, when ${fault}`, () => {
    test('as measured', { timeout: 90_000 }, () => measure(candidate))
  })
}

async function measure({ store, fault, most, begin }: Candidate): Promise<void> {
  const scene = await begin()
  const load = new Load(scene.url, sources.program('test/support/faults/programs/load'))
  try {
    await load.answered(1000)
    await scene.befall(load)
    const found: Measured = { store, fault, aftermath: await load.aftermath() }
    measured.push(found)
    if (most !== undefined) expect(largestOf(found.aftermath)).toBeLessThan(most)
    else if (!isWriting) expect(overstatedIn(readFileSync(page, 'utf8'), [found])).toEqual([])
  } finally {
    await load.kill()
    await scene.end()
  }
}

/** Failures are left out: most of them may be the same one. */
function largestOf({ falseAnswers: _failures, ...shares }: Aftermath): number {
  return Math.max(...Object.values(shares).map(({ cases, of }) => (cases === 0 ? 0 : cases / of)))
}

if (isWriting) {
  test('the page is written anew', () => {
    writeFileSync(page, withTable(readFileSync(page, 'utf8'), tableOf(measured)))
  })
}
