import { chmodSync, existsSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { loadDriver } from '../driver.ts'
import type { Engine, Part, Root } from './engine.ts'
import { strangenessOf } from './file-header.ts'
import type { TableFiles } from './table.ts'
import { Strangeness, unusable } from './unusable.ts'

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
  readonly subjects: Part<[subject: string, key: string]>
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
  // `Engine` is what the package has, in every version that the manifest allows.
  const engine = loadDriver('lmdb', 'lmdb') as Engine
  const folder = resolve(path)
  try {
    return opened(engine, openRoot(engine, folder, durability))
  } catch (cause) {
    throw unusable(folder, cause)
  }
}

function openRoot(engine: Engine, folder: string, durability: Opening['durability']): Root {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, 'data.mdb')
  const strangeness = strangenessOf(file)
  if (strangeness !== undefined) throw new Strangeness(strangeness)
  const isNew = !existsSync(file)
  const root = engine.open({
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

function opened(engine: Engine, root: Root): SessionFile {
  try {
    checkFormat(root)
    return partsOf(engine, root)
  } catch (error) {
    void root.close()
    throw error
  }
}

/** A file without anything in it is a new one. */
function checkFormat(root: Root): void {
  const parts = [...root.getKeys()]
  if (parts.length > 0 && !parts.includes(aboutPart))
    throw new Strangeness('its `data.mdb` holds the data of other software')
  const about = partOf<string>(root, { name: aboutPart })
  const found = Number(about.get(formatKey)?.toString() ?? 0)
  if (found > format)
    throw new Strangeness(`its \`data.mdb\` was written by a newer version of Sojourn, in format ${found}`)
  if (found < format) about.putSync(formatKey, Buffer.from(String(format)))
}

function partsOf(engine: Engine, root: Root): SessionFile {
  const reading = { refresh: () => root.resetReadTxn(), lastStamp: engine.getLastVersion }
  const table = (items: string, ends: string): TableFiles => ({
    items: partOf(root, { name: items, useVersions: true }),
    ends: partOf(root, { name: ends }),
    ...reading,
  })
  return {
    records: table('records', 'record-ends'),
    epochs: table('epochs', 'epoch-ends'),
    subjects: partOf(root, { name: 'subjects' }),
    close: () => root.close(),
  }
}

/** What the names of a part are is decided here, by who writes them. */
function partOf<Name>(
  root: Root,
  options: { readonly name: string; readonly useVersions?: boolean },
): Part<Name> {
  return root.openDB({ ...binary, ...options }) as Part<Name>
}
