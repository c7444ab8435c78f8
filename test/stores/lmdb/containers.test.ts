import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { BuiltSources } from '../../support/built-sources.ts'
import { asInContainer, lackOfContainers, Peer } from './peer.ts'

let sources: BuiltSources
const folder = mkdtempSync(join(tmpdir(), 'sojourn-lmdb-containers-'))
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

const lack = lackOfContainers()
if (lack !== undefined)
  test.skipIf(process.env.CI !== 'true')(`containers are not tested here: ${lack}`, () => {
    expect.fail(lack)
  })

/** Starts a process that is number 1, as the first one of each container is. */
function startContainer(): Peer {
  const peer = new Peer(sources.program('test/stores/lmdb/programs/member'), asInContainer)
  peers.push(peer)
  return peer
}

/** @see Issue 13, point 4 */
describe.skipIf(lack !== undefined)('of two containers with one folder and the same process id', () => {
  const refusal = 'another process with the same process id 1 has it open, as in two containers'

  test('the second is refused at once, and opens the folder when the first is gone', async () => {
    const path = join(folder, 'in-turn')
    const [first, second] = [startContainer(), startContainer()]
    await first.ask('open', { path })
    await first.ask('keep', [{ key: 'a' }])
    const opening = second.ask('openWithoutWaiting', { path })
    await expect(opening).rejects.toMatchObject({ code: 'STORE_UNUSABLE' })
    await expect(opening).rejects.toThrow(refusal)
    await first.kill()
    await second.ask('open', { path })
    expect(await second.ask('find', ['a'])).toEqual([true])
  })

  test('the second one being refused changes nothing for the first', async () => {
    const path = join(folder, 'unharmed')
    const [first, second] = [startContainer(), startContainer()]
    await first.ask('open', { path })
    for (let round = 0; round < 5; round += 1) {
      await expect(second.ask('openWithoutWaiting', { path })).rejects.toThrow(refusal)
      expect(await first.ask('keep', [{ key: `${round}` }])).toEqual(['true'])
    }
    expect(await first.ask('find', ['0', '4'])).toEqual([true, true])
    expect((await first.stop()).complaints).toBe('')
  })

  test('one opens it when both come at the same moment', async () => {
    const path = join(folder, 'at-once')
    const containers = [startContainer(), startContainer(), startContainer()]
    const openings = await Promise.allSettled(containers.map(peer => peer.ask('open', { path })))
    expect(openings.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected'])
  })
})
