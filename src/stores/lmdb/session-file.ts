import { chmodSync, existsSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Database, Key, RootDatabase } from 'lmdb'
import { loadDriver } from '../driver.ts'
import { strangenessOf } from './file-header.ts'
import type { TableFiles } from './table.ts'
import { Strangeness, unusable } from './unusable.ts'

type Lmdb = typeof import('lmdb')

/** Where the file is, and how it is to be written. */
interface Opening {
  readonly path: string
  readonly durability: 'flushed' | 'committed'
}

/** The file of a store, open, and what it is made of. */
export interface SessionFile {
  readonly records: TableFiles
  readonly epochs: TableFiles
  /** A key for each record that somebody has signed in to. */
  readonly subjects: Database<Buffer, [subject: string, key: string]>
  close(): Promise<void>
}

/** Grows when a file that this version writes cannot be read by the version before. */
const format = 1
const formatKey = 'format'
/** Says which format a file has. A file without it is somebody else's. */
const aboutPart = 'about'
/** Room for what comes later: the engine fixes it when a file is opened. */
const mostParts = 16
const binary = { encoding: 'binary' } as const

/**
 * Opens the file in a folder, and makes both where they do not exist.
 *
 * @throws SojournError `STORE_UNUSABLE` naming the folder; `DRIVER_MISSING`
 */
export function openFile({ path, durability }: Opening): SessionFile {
  // It is the package of these types.
  const lmdb = loadDriver('lmdb', 'lmdb') as Lmdb
  const folder = resolve(path)
  try {
    return opened(lmdb, openRoot(lmdb, folder, durability))
  } catch (cause) {
    throw unusable(folder, cause)
  }
}

function openRoot(lmdb: Lmdb, folder: string, durability: Opening['durability']): RootDatabase<Buffer, Key> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, 'data.mdb')
  const strangeness = strangenessOf(file)
  if (strangeness !== undefined) throw new Strangeness(strangeness)
  const isNew = !existsSync(file)
  const root = lmdb.open<Buffer, Key>({
    ...binary,
    path: folder,
    // Without it a path with a dot in its last part would be taken for a file.
    noSubdir: false,
    maxDbs: mostParts,
    overlappingSync: durability === 'committed',
    // With it the engine makes promises of its own, and one that is rejected ends the process.
    eventTurnBatching: false,
  })
  // The folder may have been there before, and open to others.
  if (isNew) chmodSync(file, 0o600)
  return root
}

function opened(lmdb: Lmdb, root: RootDatabase<Buffer, Key>): SessionFile {
  try {
    checkFormat(root)
    return partsOf(lmdb, root)
  } catch (error) {
    void root.close()
    throw error
  }
}

/** A file without anything in it is a new one. */
function checkFormat(root: RootDatabase<Buffer, Key>): void {
  const parts = [...root.getKeys()]
  if (parts.length > 0 && !parts.includes(aboutPart))
    throw new Strangeness('its `data.mdb` holds the data of other software')
  const about = root.openDB<Buffer, string>({ ...binary, name: aboutPart })
  const found = Number(about.get(formatKey)?.toString() ?? 0)
  if (found > format)
    throw new Strangeness(`its \`data.mdb\` was written by a newer version of Sojourn, in format ${found}`)
  if (found < format) about.putSync(formatKey, Buffer.from(String(format)))
}

function partsOf(lmdb: Lmdb, root: RootDatabase<Buffer, Key>): SessionFile {
  const part = <Name extends Key>(name: string): Database<Buffer, Name> => root.openDB({ ...binary, name })
  const items = (name: string): Database<Buffer, string> =>
    root.openDB({ ...binary, name, useVersions: true })
  const reading = { refresh: () => root.resetReadTxn(), lastStamp: lmdb.getLastVersion }
  return {
    records: { items: items('records'), ends: part('record-ends'), ...reading },
    epochs: { items: items('epochs'), ends: part('epoch-ends'), ...reading },
    subjects: part('subjects'),
    close: () => root.close(),
  }
}
