import { hash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { lmdbStore } from 'sojourn/lmdb'
import { afterAll, expect, test } from 'vitest'
import { nameOf } from '../../../src/stores/lmdb/subject-keys.ts'
import { inspectFile } from './inspected-file.ts'
import { recordWith } from './record-with.ts'

const path = mkdtempSync(join(tmpdir(), 'sojourn-lmdb-subjects-'))
const store = lmdbStore({ path })
afterAll(async () => {
  await store.close()
  rmSync(path, { recursive: true, force: true })
})

const long = 'x'.repeat(62)
const oddSubjects = [
  ...[
    '\0',
    'a\0',
    'a\0b',
    'a',
    'ab',
    'aa',
    'a\u0001',
    '\u0001',
    '\u0002a',
    '\u0003',
    ' ',
    '\n',
    '=',
    '#',
    '=a',
    '#a',
  ],
  ...[
    '0',
    '1',
    '-1',
    '1e3',
    'null',
    'true',
    'undefined',
    '[]',
    '\u{10ffff}',
    'a\u{10ffff}',
    '\uffff',
    '漢字🍪',
  ],
  ...[
    long,
    `${long}x`,
    `${long}y`,
    '漢'.repeat(256),
    '🍪'.repeat(128),
    '🍪'.repeat(512),
    '\0'.repeat(256),
    `${long}\0x`,
  ],
  ...[`#${hash('sha256', `${long}x`, 'base64url')}`, hash('sha256', `${long}x`, 'base64url')],
]

test('each subject has its own sessions, however odd its name and however like another', async () => {
  await Promise.all(
    oddSubjects.flatMap((subject, index) => [
      store.create(recordWith({ key: `${index}-a`, subject })),
      store.create(recordWith({ key: `${index}-b`, subject })),
    ]),
  )
  for (const [index, subject] of oddSubjects.entries()) {
    const found = store.ofSubject(subject).sessions
    expect(found.map(({ key }) => key).sort()).toEqual([`${index}-a`, `${index}-b`])
    expect(found.map(record => record.subject)).toEqual([subject, subject])
  }
  expect(inspectFile(path).faults).toEqual([])
})

test('each subject has its own epoch', async () => {
  const epochOf = (index: number) => ({ epoch: index + 1, except: undefined, expiresAt: 9e15 })
  await Promise.all(
    oddSubjects.map((subject, index) => store.exchangeEpoch({ subject, next: epochOf(index), expected: 0 })),
  )
  expect(oddSubjects.map(subject => store.epochOf(subject))).toEqual(
    oddSubjects.map((_, index) => epochOf(index)),
  )
})

test('a session that goes to another subject is found there and no longer here', async () => {
  for (const [index, subject] of oddSubjects.entries()) {
    const key = `${index}-b`
    expect(await store.replace(recordWith({ key, version: 2, subject: 'newcomer' }), 1)).toBe('replaced')
    expect(store.ofSubject(subject).sessions.map(record => record.key)).toEqual([`${index}-a`])
  }
  expect(store.ofSubject('newcomer').sessions).toHaveLength(oddSubjects.length)
  expect(inspectFile(path).faults).toEqual([])
})

test('no two subjects have one name', () => {
  const subject = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 400 })
  fc.assert(
    fc.property(subject, subject, (one, other) => (nameOf(one) === nameOf(other)) === (one === other)),
  )
})
