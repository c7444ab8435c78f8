import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { BuiltSources } from '../../support/built-sources.ts'
import { ask } from '../../support/http-client.ts'
import { SmallDisk } from '../../support/small-disk.ts'
import { inspectFile } from './inspected-file.ts'
import { Peer } from './peer.ts'

const problem = SmallDisk.problem()
if (problem !== undefined) {
  const isRequired = process.env.CI === 'true'
  test.skipIf(!isRequired)(`a full disk is not tested here: ${problem}`, () => expect.fail(problem))
}

const outOfRoom = 'failed: ENOSPC'

describe.skipIf(problem !== undefined)('a full disk', () => {
  let sources: BuiltSources
  let disk: SmallDisk
  let path: string
  const peers: Peer[] = []

  beforeAll(() => {
    sources = new BuiltSources('test/stores/lmdb/programs')
  })
  beforeEach(() => {
    disk = new SmallDisk(24)
    path = join(disk.folder, 'sessions')
  })
  afterEach(async () => {
    await Promise.all(peers.splice(0).map(peer => peer.kill()))
    disk.remove()
  })
  afterAll(() => sources.remove())

  async function start(options: object = {}): Promise<Peer> {
    const peer = new Peer(sources.program('test/stores/lmdb/programs/member'))
    peers.push(peer)
    await peer.ask('open', { path, ...options })
    return peer
  }

  /** Writes fifty at once, until not one is kept any more. Answers the keys of those that were. */
  async function writeUntilFull(member: Peer, prefix: string): Promise<readonly string[]> {
    const kept: string[] = []
    for (let round = 0; ; round += 1) {
      const keys = Array.from({ length: 50 }, (_, index) => `${prefix}-${round}-${index}`)
      const records = keys.map(key => ({ key, subject: 'ada', expiresAt: 5000, data: 'x'.repeat(3000) }))
      const outcomes = await member.ask('keep', records)
      expect([...new Set(outcomes)].filter(outcome => outcome !== 'true' && outcome !== outOfRoom)).toEqual(
        [],
      )
      kept.push(...keys.filter((_, index) => outcomes[index] === 'true'))
      if (!outcomes.includes('true')) return kept
    }
  }

  test.each(['flushed', 'committed'])(
    'fails writes and loses nothing, and they go on when there is room: %s',
    async durability => {
      const member = await start({ at: 1000, durability })
      const kept = await writeUntilFull(member, 'first')
      expect(kept.length).toBeGreaterThan(50)
      // Now somebody else takes what is left.
      disk.fill(0)
      expect(await writeUntilFull(member, 'second')).toEqual([])
      expect(await member.ask('find', kept)).toEqual(kept.map(() => true))
      disk.grow(64)
      expect(await member.ask('keep', [{ key: 'again' }])).toEqual(['true'])
      expect(await member.ask('find', kept)).toEqual(kept.map(() => true))
      const end = await member.stop()
      expect(end).toEqual({ code: 0, signal: null, complaints: '' })
      const { faults, names } = inspectFile(path)
      expect(faults).toEqual([])
      expect(names).toHaveLength(kept.length + 1)
    },
  )

  test('fails every verb that writes, and none that reads', async () => {
    const member = await start({ at: 1000 })
    await member.ask('keep', [
      { key: 'a', subject: 'ada' },
      { key: 'over', expiresAt: 2000 },
    ])
    await member.ask('jump', 5000)
    disk.fill(0)
    expect(await member.ask('keep', [{ key: 'b' }])).toEqual([outOfRoom])
    expect(await member.ask('replace', { record: { key: 'a', version: 2 }, version: 1 })).toBe(outOfRoom)
    expect(await member.ask('remove', 'a')).toBe(outOfRoom)
    expect(await member.ask('sweep', 10)).toBe(outOfRoom)
    expect(await member.ask('raise', 'ada')).toBe(outOfRoom)
    expect(await member.ask('find', ['a', 'b'])).toEqual([true, false])
    expect(await member.ask('keysOf', 'ada')).toEqual(['a'])
    disk.empty()
    expect(await member.ask('sweep', 10)).toBe('1')
    expect(await member.ask('remove', 'a')).toBe('true')
    expect((await member.stop()).complaints).toBe('')
  })

  test('is a 503 that clears no cookie, and the session goes on', async () => {
    const member = await start()
    const port = await member.ask('serve', null)
    const { cookie } = await ask(port, '/write?name=ada')
    const headers = { cookie }
    disk.fill(0)
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => ask(port, '/write?name=eve', { headers })),
    )
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 503))
    expect(answers.flatMap(({ cookies }) => cookies)).toEqual([])
    const stranger = await ask(port, '/write?name=stranger')
    expect([stranger.status, stranger.cookies]).toEqual([503, []])
    expect((await ask(port, '/read', { headers })).body).toContain('ada')
    disk.empty()
    expect((await ask(port, '/write?name=eve', { headers })).status).toBe(200)
    expect((await ask(port, '/read', { headers })).body).toContain('eve')
  })

  test('refuses a new store with an error, and the process lives on', async () => {
    disk.fill(0)
    const member = new Peer(sources.program('test/stores/lmdb/programs/member'))
    peers.push(member)
    const opening = member.ask('open', { path })
    await expect(opening).rejects.toMatchObject({ code: 'STORE_UNUSABLE', causeCode: 'ENOSPC' })
    await expect(opening).rejects.toThrow(`got ${path}, but there is no room left on the disk`)
    expect(existsSync(join(path, 'data.mdb'))).toBe(false)
    disk.empty()
    await member.ask('open', { path })
    expect(await member.ask('keep', [{ key: 'a' }])).toEqual(['true'])
  })

  test('does not keep a process from reading that starts anew', async () => {
    const before = await start()
    await before.ask('keep', [{ key: 'a' }])
    await before.stop()
    disk.fill(0)
    const after = await start()
    expect(await after.ask('find', ['a'])).toEqual([true])
    expect(await after.ask('keep', [{ key: 'b' }])).toEqual([outOfRoom])
  })
})
