import { hash } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open } from 'lmdb'
import { lmdbStore } from 'sojourn/lmdb'
import { fakeClock } from 'sojourn/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BuiltSources } from '../../support/built-sources.ts'
import { SmallDisk } from '../../support/small-disk.ts'
import { Peer } from './peer.ts'
import { recordWith } from './record-with.ts'

const base = mkdtempSync(join(tmpdir(), 'sojourn-lmdb-opening-'))
const sources = new BuiltSources('test/stores/lmdb/programs')
let made = 0
let opener: Peer

beforeAll(() => {
  // Another process, because a wrong file takes the one with it that opens it.
  opener = new Peer(sources.program('test/stores/lmdb/programs/member'))
})

afterAll(async () => {
  await opener.kill()
  sources.remove()
  rmSync(base, { recursive: true, force: true })
})

function newFolder(): string {
  made += 1
  const folder = join(base, `${made}`)
  mkdirSync(folder)
  return folder
}

function folderWith(bytes: Uint8Array): string {
  const folder = newFolder()
  writeFileSync(join(folder, 'data.mdb'), bytes)
  return folder
}

/** A folder that a store has used: a few hundred records, of which some are long, and others were removed. */
async function usedFolder(): Promise<string> {
  const folder = newFolder()
  const clock = fakeClock()
  const store = lmdbStore({ path: folder, clock })
  const keep = (index: number, expiresAt: number) =>
    store.create(recordWith({ key: `${index}`, expiresAt, data: 'x'.repeat(index % 20 === 0 ? 9000 : 300) }))
  await Promise.all(Array.from({ length: 300 }, (_, index) => keep(index, clock.now() + 1000)))
  await Promise.all(Array.from({ length: 100 }, (_, index) => keep(1000 + index, 9e15)))
  clock.jump(5000)
  await store.sweep(150)
  await store.close()
  return folder
}

/** What is in a folder, but for the lock, which the engine may write to. */
function contentsOf(folder: string): readonly unknown[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => name !== 'lock.mdb')
    .map(entry => {
      const path = join(folder, entry.name)
      const content = entry.isFile() ? hash('sha256', readFileSync(path)) : undefined
      return { name: entry.name, mode: statSync(path).mode, content }
    })
}

interface Refused {
  readonly reason: string
  readonly peer?: Peer
  /** What must not change; the folder itself unless something else is said. */
  readonly untouched?: string
}

async function expectRefusal(
  path: string,
  { reason, peer = opener, untouched = path }: Refused,
): Promise<void> {
  const before = contentsOf(untouched)
  const opening = peer.ask('open', { path })
  await expect(opening).rejects.toMatchObject({ code: 'STORE_UNUSABLE' })
  await expect(opening).rejects.toThrow(`got ${path}, but ${reason}`)
  expect(contentsOf(untouched)).toEqual(before)
}

const noFile = 'its `data.mdb` is no file of LMDB'
const notWhole = 'its `data.mdb` is not whole'

describe('a file that is none of the store is refused, and nothing is changed', () => {
  test.each([1, 16, 27, 28, 100, 4096, 8192, 100_000])('%i bytes of something else', async length => {
    await expectRefusal(folderWith(Buffer.alloc(length, 'something else ')), { reason: noFile })
    await expectRefusal(folderWith(Buffer.alloc(length)), { reason: noFile })
  })

  test('a file that begins like one of LMDB and goes on otherwise', async () => {
    const real = readFileSync(join(await usedFolder(), 'data.mdb'))
    for (const length of [28, 100, 4095, 4096, 5000, 8191]) {
      await expectRefusal(folderWith(real.subarray(0, length)), { reason: notWhole })
      const filled = Buffer.concat([real.subarray(0, 40), Buffer.alloc(length * 10, 0xff)])
      await expectRefusal(folderWith(filled), { reason: notWhole })
    }
  })

  test('a file of an older LMDB', async () => {
    const older = Buffer.alloc(8192)
    older.writeUInt32LE(0xbe_ef_c0_de, 16)
    await expectRefusal(folderWith(older), {
      reason: 'its `data.mdb` was written by another version of LMDB',
    })
  })

  test('a file of other software', async () => {
    const folder = newFolder()
    const root = open({ path: folder, noSubdir: false })
    await root.openDB({ name: 'theirs' }).put('a', 1)
    await root.close()
    await expectRefusal(folder, { reason: 'its `data.mdb` holds the data of other software' })
  })

  test('a file of a newer version', async () => {
    const folder = await usedFolder()
    const root = open({ path: folder, noSubdir: false, encoding: 'binary', overlappingSync: false })
    await root.openDB({ name: 'about', encoding: 'binary' }).put('format', Buffer.from('2'))
    await root.close()
    const reason = 'its `data.mdb` was written by a newer version of Sojourn, in format 2'
    await expectRefusal(folder, { reason })
  })

  test('a file in the place of the folder, and of the one that it is in', async () => {
    const folder = newFolder()
    const path = join(folder, 'sessions')
    writeFileSync(path, 'a file')
    const reason = 'there is a file in its place'
    await expectRefusal(path, { reason, untouched: folder })
    await expectRefusal(join(path, 'deeper'), { reason, untouched: folder })
  })

  test('a folder in the place of the file', async () => {
    const folder = newFolder()
    mkdirSync(join(folder, 'data.mdb'))
    await expectRefusal(folder, { reason: 'there is a folder in the place of its `data.mdb`' })
  })

  test('a folder in the place of the lock', async () => {
    const folder = await usedFolder()
    rmSync(join(folder, 'lock.mdb'))
    mkdirSync(join(folder, 'lock.mdb'))
    await expectRefusal(folder, { reason: 'there is something else in the place of its `lock.mdb`' })
  })

  test('a path that is longer than the system takes', async () => {
    const path = join(base, 'x'.repeat(300))
    await expectRefusal(path, { reason: 'it cannot be opened. See `cause`', untouched: base })
  })
})

test('a file that was cut off is refused as soon as anything is lost, and never takes the process with it', async () => {
  const whole = await usedFolder()
  const real = readFileSync(join(whole, 'data.mdb'))
  const pages = real.length / 4096
  const keys = [...Array.from({ length: 100 }, (_, index) => `${1000 + index}`)]
  const verdicts: string[] = []
  for (let count = 2; count <= pages; count += 1) {
    const path = folderWith(real.subarray(0, count * 4096))
    verdicts.push(
      await opener.ask('open', { path, at: 0 }).then(
        () => 'opened',
        ({ code, message }) => `${code} ${message.includes(notWhole)}`,
      ),
    )
    if (verdicts.at(-1) !== 'opened') continue
    expect(await opener.ask('find', keys)).toEqual(keys.map(() => true))
    expect(await opener.ask('keep', [{ key: 'new', subject: 'ada' }])).toEqual(['true'])
    await opener.ask('close', null)
  }
  const refused = 'STORE_UNUSABLE true'
  // What is lacking at the end of a file is free at first.
  expect(verdicts.indexOf('opened')).toBeGreaterThan(20)
  expect(verdicts.slice(0, verdicts.indexOf('opened'))).toEqual(
    verdicts.slice(0, verdicts.indexOf('opened')).map(() => refused),
  )
  expect(new Set(verdicts.slice(verdicts.indexOf('opened')))).toEqual(new Set(['opened']))
})

test('an empty file counts as a new one', async () => {
  await opener.ask('open', { path: folderWith(Buffer.alloc(0)) })
  expect(await opener.ask('keep', [{ key: 'a' }])).toEqual(['true'])
  await opener.ask('close', null)
})

test('a path may have spaces, dots and any characters, and what lies above it is made', async () => {
  const names = [
    'with spaces',
    'my.sessions',
    'data.mdb',
    '.hidden',
    'Sitzungen für Ä 漢字 🍪',
    'a/b/c',
    "it's",
  ]
  for (const name of names) {
    const path = join(newFolder(), name)
    await opener.ask('open', { path })
    expect(await opener.ask('keep', [{ key: 'a' }])).toEqual(['true'])
    await opener.ask('close', null)
    expect(readdirSync(path).sort()).toEqual(['data.mdb', 'lock.mdb'])
  }
})

test('the folder and the file are made for nobody but their owner', async () => {
  const path = join(newFolder(), 'sessions')
  await opener.ask('open', { path })
  await opener.ask('close', null)
  expect(statSync(path).mode & 0o777).toBe(0o700)
  expect(statSync(join(path, 'data.mdb')).mode & 0o777).toBe(0o600)
})

test('a file that is refused is let go of', async () => {
  const folder = newFolder()
  const root = open({ path: folder, noSubdir: false })
  await root.openDB({ name: 'theirs' }).put('a', 1)
  await root.close()
  const cut = folderWith(readFileSync(join(await usedFolder(), 'data.mdb')).subarray(0, 9000))
  const held = () => readdirSync(`/proc/${opener.pid}/fd`).length
  await expectRefusal(folder, { reason: 'its' })
  await expectRefusal(cut, { reason: 'its' })
  const before = held()
  for (let time = 0; time < 50; time += 1) {
    await expectRefusal(folder, { reason: 'its' })
    await expectRefusal(cut, { reason: 'its' })
  }
  expect(held()).toBe(before)
})

const stranger = 65_534
const lacksRoot = process.getuid?.() === 0 ? undefined : 'another user needs root'
if (lacksRoot !== undefined)
  test.skipIf(process.env.CI !== 'true')(`permissions are not tested here: ${lacksRoot}`, () => {
    expect.fail(lacksRoot)
  })

describe.skipIf(lacksRoot !== undefined)(
  'a folder that the user of the process may not use is refused',
  () => {
    let visitor: Peer
    beforeAll(async () => {
      chmodSync(base, 0o755)
      visitor = new Peer(sources.program('test/stores/lmdb/programs/member'))
      await visitor.ask('become', stranger)
    })
    afterAll(() => visitor.kill())
    const reason = 'this process may not write there. Make its user the owner of the folder'

    test('one that is somebody else’s', async () => {
      const folder = await usedFolder()
      chmodSync(folder, 0o700)
      await expectRefusal(folder, { reason, peer: visitor })
    })

    test('one that can only be read', async () => {
      const folder = newFolder()
      chmodSync(folder, 0o555)
      await expectRefusal(folder, { reason, peer: visitor })
      await expectRefusal(join(folder, 'sessions'), { reason, peer: visitor, untouched: folder })
    })

    test('one that has no lock, and can only be read', async () => {
      const folder = await usedFolder()
      rmSync(join(folder, 'lock.mdb'))
      chownSync(join(folder, 'data.mdb'), stranger, stranger)
      chmodSync(folder, 0o555)
      await expectRefusal(folder, { reason, peer: visitor })
    })

    test.each(['data.mdb', 'lock.mdb'])('one whose %s is somebody else’s', async name => {
      const folder = newFolder()
      cpSync(await usedFolder(), folder, { recursive: true })
      for (const path of [folder, join(folder, 'data.mdb'), join(folder, 'lock.mdb')])
        chownSync(path, stranger, stranger)
      chownSync(join(folder, name), 0, 0)
      for (const mode of [0o600, 0o644]) {
        chmodSync(join(folder, name), mode)
        await expectRefusal(folder, { reason, peer: visitor })
      }
    })
  },
)

describe.skipIf(SmallDisk.problem() !== undefined)('a disk', () => {
  test('that can only be read is refused', async () => {
    const disk = new SmallDisk(40)
    try {
      const path = join(disk.folder, 'sessions')
      cpSync(await usedFolder(), path, { recursive: true })
      disk.protect()
      const reason = 'it is on a file system that can only be read'
      await expectRefusal(path, { reason })
      await expectRefusal(join(disk.folder, 'new'), {
        reason: 'it is not there and cannot be made',
        untouched: disk.folder,
      })
    } finally {
      disk.remove()
    }
  })
})

test('a file whose end was lost while it was closed is refused when it is opened again', async () => {
  const path = await usedFolder()
  truncateSync(join(path, 'data.mdb'), 20_000)
  await expectRefusal(path, { reason: notWhole })
})
