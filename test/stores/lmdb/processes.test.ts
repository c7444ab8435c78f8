import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { BuiltSources } from '../../support/built-sources.ts'
import { inspectFile } from './inspected-file.ts'
import { Peer } from './peer.ts'

let sources: BuiltSources
const folder = mkdtempSync(join(tmpdir(), 'sojourn-lmdb-processes-'))
const peers: Peer[] = []
let opened = 0

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

async function start(count: number, options: object = {}): Promise<readonly [Peer, Peer, ...Peer[]]> {
  opened += 1
  const path = join(folder, `${opened}`)
  const started = Array.from(
    { length: count },
    () => new Peer(sources.program('test/stores/lmdb/programs/member')),
  )
  peers.push(...started)
  await Promise.all(started.map(peer => peer.ask('open', { path, ...options })))
  const [first, second, ...others] = started
  if (first === undefined || second === undefined) throw new Error('Expected two processes at least.')
  return [first, second, ...others]
}

test('four processes with fifty requests each on one session lose no step of a counter', async () => {
  const members = await start(4)
  const cookie = await members[0].ask('begin', null)
  for (let round = 1; round <= 3; round += 1) {
    await Promise.all(members.map(member => member.ask('count', { cookie, requests: 50 })))
    for (const member of members)
      expect(await member.ask('read', cookie)).toMatchObject({ data: { count: 200 * round } })
  }
})

test('four processes that write a name each in many requests at once lose no name', async () => {
  const members = await start(4)
  const cookie = await members[0].ask('begin', null)
  const names = members.map((_, member) => Array.from({ length: 50 }, (_item, index) => `${member}-${index}`))
  await Promise.all(
    members.map((member, index) => member.ask('write', { cookie, names: names[index] ?? [] })),
  )
  const { data } = await members[1].ask('read', cookie)
  expect(Object.keys(data).filter(name => name.includes('-'))).toHaveLength(200)
})

describe('a session that one process has ended', () => {
  const waysToEnd = {
    destroy: (member: Peer, cookie: string) => member.ask('destroy', cookie),
    end: async (member: Peer) => {
      const [handle = ''] = await member.ask('handles', 'ada')
      expect(await member.ask('end', handle)).toBe(true)
    },
    endAll: async (member: Peer) => expect(await member.ask('endAll', 'ada')).toBe(1),
  }

  test.each(Object.entries(waysToEnd))('has ended in the other at once: %s', async (_way, end) => {
    const [first, second] = await start(2)
    const cookie = await first.ask('begin', 'ada')
    expect(await second.ask('read', cookie)).toMatchObject({ data: { count: 0 } })
    expect(await second.ask('handles', 'ada')).toHaveLength(1)
    await end(first, cookie)
    expect(await second.ask('read', cookie)).toMatchObject({ data: {} })
    expect(await second.ask('read', cookie)).not.toHaveProperty('data.count')
    expect(await second.ask('handles', 'ada')).toEqual([])
  })

  test.each(Object.entries(waysToEnd))('is not brought back by a save under way: %s', async (_way, end) => {
    const [first, second] = await start(2)
    const cookie = await first.ask('begin', 'ada')
    await second.ask('beginSave', cookie)
    await end(first, cookie)
    expect(await second.ask('finishSave', null)).toBe('SESSION_GONE')
    for (const member of [first, second])
      expect(await member.ask('read', cookie)).not.toHaveProperty('data.late')
  })
})

test('a read sees what another process has written by then, also in the turn of an earlier read', async () => {
  const [writer, reader] = await start(2)
  const signal = join(folder, 'signal')
  const looking = reader.ask('lookTwice', { key: 'ada-1', subject: 'ada', signal })
  await reader.hasTold(1)
  await writer.ask('keep', [{ key: 'ada-1', subject: 'ada' }])
  await writer.ask('raise', 'ada')
  writeFileSync(signal, '')
  const nothing = { found: false, keys: [], epoch: 0, streamed: 0 }
  expect(await looking).toEqual([nothing, { found: true, keys: ['ada-1'], epoch: 1, streamed: 1 }])
})

test('a name that several processes ask for at the same moment is lent to one of them, until it is given up', async () => {
  const members = await start(4)
  const names = ['first', ...Array.from({ length: 99 }, (_, index) => `${index}`)]
  const answers = await Promise.all(
    members.map((member, index) => member.ask('acquire', { token: `${index}`, names })),
  )
  expect(names.map((_, name) => answers.filter(lent => lent[name]).length)).toEqual(names.map(() => 1))
  const holder = answers.findIndex(([isLent]) => isLent)
  const [one, other] = members.filter((_, index) => index !== holder)
  expect(await one?.ask('acquire', { token: 'new', names: ['first'] })).toEqual([false])
  await one?.ask('release', 'new')
  expect(await other?.ask('acquire', { token: 'other', names: ['first'] })).toEqual([false])
  await members[holder]?.ask('release', `${holder}`)
  expect(await other?.ask('acquire', { token: 'other', names: ['first'] })).toEqual([true])
})

test('several processes that sweep at once count nothing twice, and leave nothing that is over', async () => {
  const members = await start(3, { at: 1000 })
  const records = Array.from({ length: 3000 }, (_, index) => ({
    key: `${index}`,
    subject: 'ada',
    expiresAt: index < 2500 ? 2000 : 9e15,
  }))
  await members[0].ask('keep', records)
  for (const member of members) await member.ask('jump', 5000)
  const counts = await Promise.all(members.map(member => member.ask('sweep', 10_000)))
  expect(counts.reduce((sum, count) => sum + Number(count), 0)).toBe(2500)
  const { faults, names } = inspectFile(join(folder, `${opened}`))
  expect(faults).toEqual([])
  expect(names).toHaveLength(500)
})

test('processes that make the same folder at the same moment all have it in common', async () => {
  for (let round = 0; round < 5; round += 1) {
    const members = await start(4)
    await Promise.all(members.map((member, index) => member.ask('keep', [{ key: `${index}` }])))
    for (const member of members)
      expect(await member.ask('find', ['0', '1', '2', '3'])).toEqual([true, true, true, true])
    await Promise.all(members.map(member => member.stop()))
  }
})
