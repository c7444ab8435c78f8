import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { BuiltSources } from '../../support/built-sources.ts'
import { Peer } from './peer.ts'

let sources: BuiltSources
let member: Peer
const folder = mkdtempSync(join(tmpdir(), 'sojourn-lmdb-threads-'))

beforeAll(() => {
  sources = new BuiltSources('test/stores/lmdb/programs')
})

beforeEach(() => {
  member = new Peer(sources.program('test/stores/lmdb/programs/member'))
})

afterEach(() => member.kill())

afterAll(() => {
  sources.remove()
  rmSync(folder, { recursive: true, force: true })
})

/**
 * A thread that was terminated in the middle of a write stopped all processes of the machine, or took its own down.
 *
 * @see Issue 13, point 14
 */
describe('a worker thread', () => {
  const refusal =
    'this is a worker thread, and one that is ended while it writes would keep all processes from writing. ' +
    'Open it in the main thread, or in a process of its own'

  test('is refused, and makes nothing', async () => {
    const path = join(folder, 'alone')
    const answer = await member.ask('openInThread', path)
    expect(answer).toContain(`STORE_UNUSABLE: Expected a folder for the file of the lmdb store, got ${path}`)
    expect(answer).toContain(refusal)
    expect(existsSync(path)).toBe(false)
  })

  test('is refused beside a main thread that has the folder open, and changes nothing for that', async () => {
    const path = join(folder, 'beside')
    await member.ask('open', { path })
    expect(await member.ask('openInThread', path)).toContain(refusal)
    expect(await member.ask('keep', [{ key: 'a' }])).toEqual(['true'])
    expect((await member.stop()).complaints).toBe('')
  })
})
