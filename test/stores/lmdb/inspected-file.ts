import { open } from 'lmdb'
import type { SessionRecord } from '../../../src/core/record/store.ts'
import { decodeRecord } from '../../../src/stores/lmdb/record-bytes.ts'
import { nameOf } from '../../../src/stores/lmdb/subject-keys.ts'

/** What lies in a store's file, read without the store. */
export interface InspectedFile {
  readonly names: readonly string[]
  readonly records: ReadonlyMap<string, SessionRecord>
  /** What disagrees with what: a record without its entries, and an entry without its record. */
  readonly faults: readonly string[]
}

/** Reads the file in a folder, as it is at one moment. */
export function inspectFile(path: string): InspectedFile {
  const binary = { encoding: 'binary' } as const
  const root = open({ ...binary, path, noSubdir: false, maxDbs: 16, overlappingSync: false })
  const part = (name: string, useVersions = false) => root.openDB({ ...binary, name, useVersions })
  const items = part('records', true)
  const ends = part('record-ends')
  const subjects = part('subjects')
  const records = new Map(
    [...items.getRange({})].map(({ key, value }) => [
      String(key),
      // Behind the stamp.
      decodeRecord(String(key), value.subarray(8)),
    ]),
  )
  const living = [...records.values()]
  const faults = [
    ...differences('end', ends.getKeys({}), living.filter(hasEnd).map(endKeyOf)),
    ...differences('subject', subjects.getKeys({}), living.flatMap(subjectKeyOf)),
  ]
  void root.close()
  return { names: [...records.keys()], records, faults }
}

function hasEnd({ expiresAt }: SessionRecord): boolean {
  return Number.isFinite(expiresAt)
}

function endKeyOf({ key, expiresAt }: SessionRecord): unknown {
  return [expiresAt, key]
}

function subjectKeyOf({ key, subject }: SessionRecord): readonly unknown[] {
  return subject === undefined ? [] : [[nameOf(subject), key]]
}

function differences(what: string, found: Iterable<unknown>, wanted: readonly unknown[]): string[] {
  const there = new Set(Array.from(found, key => JSON.stringify(key)))
  const due = new Set(wanted.map(key => JSON.stringify(key)))
  const missing = [...due].filter(key => !there.has(key)).map(key => `no ${what} ${key}`)
  return [...missing, ...[...there].filter(key => !due.has(key)).map(key => `${what} ${key} of nothing`)]
}
