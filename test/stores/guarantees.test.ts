import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BuiltSources } from '../support/built-sources.ts'
import { type Measured, overstatedIn, tableOf, withTable } from '../support/faults/guarantees.ts'
import { Load } from '../support/faults/load.ts'
import { SmallDisk } from '../support/small-disk.ts'

/** What befalls a store, in the middle of its work. */
type Fault = (load: Load) => Promise<void>

/** A store, and all that can befall it here. */
interface Candidate {
  readonly store: string
  /** The URL of a store that is empty. */
  open(): string
  readonly faults: Readonly<Record<string, Fault>>
}

const page = new URL('../../docs/stores/README.md', import.meta.url)
const folder = mkdtempSync(join(tmpdir(), 'sojourn-guarantees-'))
const measured: Measured[] = []
let sources: BuiltSources
let opened = 0
let disk: SmallDisk
/** Why no disk can be filled here. */
const problem = SmallDisk.problem()

const faults = {
  'one process is killed': async (load: Load) => {
    await load.killOne()
    await load.answered(200)
    await load.stop()
  },
  'all processes are killed': (load: Load) => load.kill(),
  'all processes end and are started again': (load: Load) => load.stop(),
}

/** A disk that fills up under the feet of a store, and has room again a moment later. */
const fullDisk: Fault = async load => {
  disk.fill(1024 * 1024)
  await load.failed(100)
  disk.empty()
  await load.answered(200)
  await load.stop()
}

const candidates: readonly Candidate[] = [
  { store: 'memory', open: () => 'memory:', faults },
  { store: 'lmdb', open: () => `lmdb:${newFolder()}`, faults },
  ...(problem === undefined
    ? [
        {
          store: 'lmdb',
          open: () => `lmdb:${newFolder(disk.folder)}`,
          faults: { 'the disk is full for a while': fullDisk },
        },
      ]
    : []),
]

function newFolder(parent = folder): string {
  opened += 1
  const path = join(parent, `${opened}`)
  mkdirSync(path)
  return path
}

beforeAll(() => {
  sources = new BuiltSources('test/support/faults')
  if (problem === undefined) disk = new SmallDisk(64)
})

afterAll(() => {
  sources.remove()
  disk?.remove()
  rmSync(folder, { recursive: true, force: true })
})

describe.each(candidates)('what the page says of the store $store is so', ({ store, open, faults: its }) => {
  test.each(Object.entries(its))('when %s', { timeout: 60_000 }, async (fault, befall) => {
    const load = new Load(open(), sources.program('test/support/faults/programs/load'))
    try {
      await load.answered(1000)
      await befall(load)
    } finally {
      await load.kill()
    }
    const found: Measured = { store, fault, aftermath: await load.aftermath() }
    measured.push(found)
    if (process.env['GUARANTEES'] !== 'write') {
      expect(overstatedIn(readFileSync(page, 'utf8'), [found])).toEqual([])
    }
  })
})

test.runIf(problem !== undefined)(`a full disk is not measured here: ${problem}`, context => {
  if (process.env['CI'] === 'true') throw new Error(`Expected a disk to fill, but ${problem}.`)
  context.skip()
})

test.runIf(process.env['GUARANTEES'] === 'write')('the page is written anew', () => {
  writeFileSync(page, withTable(readFileSync(page, 'utf8'), tableOf(measured)))
})
