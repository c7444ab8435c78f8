import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BuiltSources } from '../support/built-sources.ts'
import { type Aftermath, type Share, totalOf } from '../support/faults/aftermath.ts'
import { type Measured, overstatedIn, tableOf, withTable } from '../support/faults/guarantees.ts'
import { Load } from '../support/faults/load.ts'
import { describeWith, type Service } from '../support/service.ts'
import { findCommand } from '../support/services/find-command.ts'
import { RedisServer } from '../support/services/redis.ts'
import { RedisCluster } from '../support/services/redis-cluster.ts'
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
  /** From how long before the fault answers may be lost, where it is another span each time. */
  readonly windowMs?: number
  begin(): Scene | Promise<Scene>
}

const page = new URL('../../docs/stores/README.md', import.meta.url)
const isWriting = process.env['GUARANTEES'] === 'write'
/** How often what differs each time is measured for the page. */
const rounds = 10
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
  const server = await RedisServer.start({ parameters: [...appending, 'always'] })
  const befall: Fault = async load => {
    await server.kill()
    await load.failed(50)
    await server.start()
    await load.answered(200)
    await load.stop()
  }
  return { url: server.url, befall, end: () => server.stop() }
}

async function behindSentinel(parameters = ''): Promise<Scene> {
  const group = await RedisSentinels.start([...appending, 'everysec'])
  // A replica that is still to be told all that there is has nothing to take over with.
  await (await group.primary()).replicated(2)
  const befall: Fault = async load => {
    const former = await group.primary()
    await former.kill()
    load.noteFault()
    await group.succeeded(former)
    await load.answered(200)
    await load.stop()
  }
  const hosts = group.ports.map(port => `127.0.0.1:${port}`).join(',')
  const url = `redis+sentinel://${hosts}/${primaryName}${parameters}`
  return { url, befall, end: () => group.stop() }
}

async function onCluster(): Promise<Scene> {
  const cluster = await RedisCluster.start([...appending, 'everysec'])
  const befall: Fault = async load => {
    const former = await cluster.primaryOf('any key')
    await former.kill()
    load.noteFault()
    await cluster.succeeded(former, 'any key')
    await load.answered(200)
    await load.stop()
  }
  const hosts = cluster.ports.map(port => `127.0.0.1:${port}`).join(',')
  return { url: `redis+cluster://${hosts}`, befall, end: () => cluster.stop() }
}

const appending = ['--appendonly', 'yes', '--appendfsync']
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
    windowMs: 2000,
    begin: () => behindSentinel(),
  },
  {
    store: 'redis',
    fault: 'the same with `replicas=1`',
    needs: redis,
    begin: () => behindSentinel('?replicas=1'),
  },
  {
    store: 'redis',
    fault: 'a primary of a cluster is killed, and its replica takes over',
    needs: redis,
    windowMs: 2000,
    begin: onCluster,
  },
]

beforeAll(() => {
  sources = new BuiltSources('test/support/faults')
})

afterAll(() => sources.remove())

for (const candidate of candidates) {
  const { store, fault, needs = nothing } = candidate
  describeWith(needs, `what the page says of ${store} is so, when ${fault}`, () => {
    test('as measured', { timeout: 90_000 * rounds }, () => measure(candidate))
  })
}

async function measure(candidate: Candidate): Promise<void> {
  const { store, fault, windowMs } = candidate
  const aftermaths: Aftermath[] = []
  const wanted = isWriting && windowMs !== undefined ? rounds : 1
  while (aftermaths.length < wanted) aftermaths.push(await aftermathOf(candidate))
  const times = windowMs === undefined ? {} : { times: aftermaths.length }
  const found: Measured = { store, fault, aftermath: totalOf(aftermaths), ...times }
  measured.push(found)
  // What the page says of them is one of many outcomes.
  if (windowMs !== undefined) expect(largestWindowOf(found.aftermath)).toBeLessThan(windowMs)
  else if (!isWriting) expect(overstatedIn(readFileSync(page, 'utf8'), [found])).toEqual([])
}

async function aftermathOf({ begin, windowMs }: Candidate): Promise<Aftermath> {
  const scene = await begin()
  const load = new Load(scene.url, sources.program('test/support/faults/programs/load'))
  try {
    await load.answered(windowMs === undefined ? 1000 : 5000)
    await scene.befall(load)
    return await load.aftermath()
  } finally {
    await load.kill()
    await scene.end()
  }
}

function largestWindowOf(aftermath: Aftermath): number {
  return Math.max(...Object.values(aftermath).map(({ windowMs = 0 }: Share) => windowMs))
}

if (isWriting) {
  test('the page is written anew', () => {
    writeFileSync(page, withTable(readFileSync(page, 'utf8'), tableOf(measured)))
  })
}
