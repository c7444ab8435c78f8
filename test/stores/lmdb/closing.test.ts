import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSessions } from 'sojourn'
import { lmdbStore, type RecordFile } from 'sojourn/lmdb'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BuiltSources } from '../../support/built-sources.ts'
import { inspectFile } from './inspected-file.ts'
import { Peer } from './peer.ts'
import { recordWith } from './record-with.ts'

const folder = mkdtempSync(join(tmpdir(), 'sojourn-lmdb-closing-'))
let made = 0
let sources: BuiltSources

beforeAll(() => {
  sources = new BuiltSources('test/stores/lmdb/programs')
})

afterAll(() => {
  sources.remove()
  rmSync(folder, { recursive: true, force: true })
})

function newPath(): string {
  made += 1
  return join(folder, `${made}`)
}

const epoch = { epoch: 1, except: undefined, expiresAt: 9e15 }
const verbs: { readonly [verb: string]: (store: RecordFile) => unknown } = {
  create: store => store.create(recordWith({ key: 'b' })),
  load: store => store.load('a'),
  replace: store => store.replace(recordWith({ key: 'a', version: 2 }), 1),
  touch: store => store.touch('a', { touchedAt: 2, expiresAt: 9.1e15, device: undefined }),
  delete: store => store.delete('a'),
  records: store => [...store.records()],
  ofSubject: store => store.ofSubject('ada'),
  epochOf: store => store.epochOf('ada'),
  exchangeEpoch: store => store.exchangeEpoch({ subject: 'ada', next: epoch, expected: 0 }),
  endBelow: store => store.endBelow('ada', { ...epoch, epoch: 9 }),
  sweep: store => store.sweep(10),
}
const toldSo = 'Expected the lmdb store to be open, but it has been closed.'

async function outcomeOf(deed: () => unknown): Promise<unknown> {
  try {
    return await deed()
  } catch (error) {
    return error instanceof Error ? error.message : error
  }
}

describe('a store that was closed', () => {
  test.each(Object.entries(verbs))('tells so: %s', async (_verb, ask) => {
    const store = lmdbStore({ path: newPath() })
    await store.create(recordWith({ key: 'a', subject: 'ada' }))
    const closing = store.close()
    expect(await outcomeOf(() => ask(store))).toBe(toldSo)
    await closing
    expect(await outcomeOf(() => ask(store))).toBe(toldSo)
  })

  test('is a store failure to whoever has sessions in it', async () => {
    const store = lmdbStore({ path: newPath() })
    const sessions = createSessions({ secret: 'a secret that only the tests know', store })
    await store.close()
    const finding = sessions.find('x'.repeat(43))
    await expect(finding).rejects.toMatchObject({ code: 'STORE_FAILED', cause: { message: toldSo } })
    await expect(sessions.of('ada').endAll()).rejects.toMatchObject({ code: 'STORE_FAILED' })
  })

  test('may be closed again, at the same time and later', async () => {
    const store = lmdbStore({ path: newPath() })
    await Promise.all([store.close(), store.close()])
    await store.close()
  })

  test('ends a stream that somebody is still reading', async () => {
    const store = lmdbStore({ path: newPath() })
    await Promise.all(
      Array.from({ length: 150 }, (_, index) => store.create(recordWith({ key: `${index}` }))),
    )
    const stream = store.records()
    stream.next()
    await store.close()
    expect(() => [...stream]).toThrow(toldSo)
  })
})

test('what was under way is answered before the file is let go, and what was answered is there', async () => {
  const path = newPath()
  const kept: string[] = []
  for (let round = 0; round < 12; round += 1) {
    const store = lmdbStore({ path })
    const keys = Array.from({ length: 50 }, (_, index) => `${round}-${index}`)
    const writes = keys.map(key =>
      store.create(recordWith({ key, subject: 'ada' })).then(() => kept.push(key)),
    )
    // Before the engine begins, while it writes, and once it has answered first.
    if (round % 3 === 1) await new Promise(setImmediate)
    if (round % 3 === 2) await writes[0]
    await Promise.all([store.close(), ...writes])
  }
  expect(kept).toHaveLength(600)
  const { names, faults } = inspectFile(path)
  expect(new Set(names)).toEqual(new Set(kept))
  expect(faults).toEqual([])
})

test('a process lives on whatever it asks while it closes, again and again', async () => {
  const member = new Peer(sources.program('test/stores/lmdb/programs/member'))
  try {
    expect(await member.ask('hammer', { path: newPath(), rounds: 60 })).toEqual([])
    expect(await member.stop()).toEqual({ code: 0, signal: null, complaints: '' })
  } finally {
    await member.kill()
  }
})

test.runIf(process.platform === 'linux')(
  'opening and closing a hundred times leaves no descriptor behind',
  async () => {
    const held = () => readdirSync('/proc/self/fd').length
    const path = newPath()
    const cycle = async () => {
      const store = lmdbStore({ path })
      await store.create(recordWith({ key: 'a' }))
      await store.close()
    }
    await cycle()
    const before = held()
    for (let time = 0; time < 100; time += 1) await cycle()
    expect(held()).toBeLessThanOrEqual(before)
  },
)

describe('two stores of one process in one folder', () => {
  test('see each other, and one that is closed leaves the other as it is', async () => {
    const path = newPath()
    const [one, other] = [lmdbStore({ path }), lmdbStore({ path: `${path}/.` })]
    await one.create(recordWith({ key: 'a', subject: 'ada' }))
    expect(other.load('a')).toMatchObject({ key: 'a' })
    expect(await other.delete('a')).toBe(true)
    expect(one.load('a')).toBeUndefined()
    await one.close()
    expect(await other.create(recordWith({ key: 'b', subject: 'ada' }))).toBe(true)
    expect(other.ofSubject('ada').sessions).toHaveLength(1)
    const third = lmdbStore({ path })
    expect(third.load('b')).toMatchObject({ key: 'b' })
    await Promise.all([other.close(), third.close()])
  })

  test.each([
    ['flushed', 'committed'],
    ['committed', 'flushed'],
  ] as const)('keep one durability: %s and not %s', async (durability, another) => {
    const path = newPath()
    const store = lmdbStore({ path, durability })
    symlinkSync(path, `${path}-link`)
    for (const place of [path, `${path}-link`]) {
      const opening = () => lmdbStore({ path: place, durability: another })
      expect(opening).toThrow(expect.objectContaining({ code: 'STORE_UNUSABLE' }))
      expect(opening).toThrow(
        `another store of this process has it open with \`durability: '${durability}'\``,
      )
    }
    expect(await store.create(recordWith({ key: 'a' }))).toBe(true)
    await Promise.all([store.close(), store.close()])
    const next = lmdbStore({ path, durability: another })
    expect(next.load('a')).toMatchObject({ key: 'a' })
    await next.close()
  })

  test('are one less when one could not be opened', async () => {
    const path = newPath()
    mkdirSync(join(path, 'data.mdb'), { recursive: true })
    expect(() => lmdbStore({ path })).toThrow('there is a folder in the place')
    rmSync(join(path, 'data.mdb'), { recursive: true })
    await lmdbStore({ path, durability: 'committed' }).close()
  })
})
