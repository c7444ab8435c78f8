import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { BuiltSources } from '../../support/built-sources.ts'
import { type InspectedFile, inspectFile } from './inspected-file.ts'
import { Peer } from './peer.ts'

let sources: BuiltSources
const folder = mkdtempSync(join(tmpdir(), 'sojourn-lmdb-crash-'))
const peers: Peer[] = []

beforeAll(() => {
  sources = new BuiltSources('test/stores/lmdb/programs')
})

afterEach(async () => {
  await Promise.all(peers.splice(0).map(peer => peer.kill()))
})

afterAll(() => {
  sources.remove()
  rmSync(folder, { recursive: true, force: true })
})

async function start(options: { readonly path: string }) {
  const peer = new Peer(sources.program('test/stores/lmdb/programs/member'))
  peers.push(peer)
  await peer.ask('open', options)
  return peer
}

describe('a process that is killed in the middle of a stream of writes', () => {
  test('takes nothing with it that was answered, with the default durability', async () => {
    const path = join(folder, 'stream')
    const survivor = await start({ path })
    await survivor.ask('stream', { prefix: 'survivor', lanes: 1 })
    let next = start({ path })
    for (let kill = 0; kill < 20; kill += 1) {
      const victim = await next
      next = start({ path })
      await victim.ask('stream', { prefix: `victim-${kill}`, lanes: 8 })
      // Each time at another moment.
      await victim.hasTold(1 + kill * 4)
      expect((await victim.kill()).signal).toBe('SIGKILL')
      const file = inspectFile(path)
      expect(file.faults).toEqual([])
      expect(lostOf(victim.told, file)).toEqual([])
      // The others go on.
      await survivor.hasTold(survivor.told.length + 10)
    }
    await survivor.ask('stopStream', null)
    await next
    expect(lostOf(survivor.told, inspectFile(path))).toEqual([])
    expect((await survivor.stop()).complaints).toBe('')
  })

  test('lets the others write on also when it dies with the lock in its hands', async () => {
    const path = join(folder, 'lock')
    const survivor = await start({ path })
    for (let kill = 0; kill < 5; kill += 1) {
      const victim = new Peer(sources.program('test/stores/lmdb/programs/member'))
      peers.push(victim)
      await expect(victim.ask('dieHoldingLock', path)).rejects.toThrow('SIGKILL')
      expect(await survivor.ask('keep', [{ key: `after-${kill}`, subject: 'ada' }])).toEqual(['true'])
      const { faults, names } = inspectFile(path)
      expect(faults).toEqual([])
      expect(names).toHaveLength(kill + 1)
    }
  })
})

/** What was answered and is not there. What a lane was doing after its last answer may have happened or not. */
function lostOf(told: readonly string[], { records }: InspectedFile): readonly string[] {
  const standing = new Map(told.map(words => [keyOf(words), words]))
  const underWay = new Set(new Map(told.map(words => [laneOf(words), keyOf(words)])).values())
  const isLost = ([key, words]: readonly [string, string]): boolean => {
    const record = records.get(key)
    if (words.endsWith(' removed')) return record !== undefined
    // The stream removes one record of four.
    if (record === undefined) return !underWay.has(key) || indexOf(key) % 4 !== 1
    return words.endsWith(' moved') && (record.version !== 2 || record.subject !== 'moved')
  }
  return [...standing].filter(isLost).map(([, words]) => words)
}

function keyOf(words: string): string {
  return words.split(' ', 1)[0] ?? ''
}

function indexOf(key: string): number {
  return Number(key.slice(key.lastIndexOf('-') + 1))
}

function laneOf(words: string): string {
  return words.slice(0, words.lastIndexOf('-'))
}
