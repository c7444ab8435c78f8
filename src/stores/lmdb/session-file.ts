import { chmodSync, existsSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { isMainThread } from 'node:worker_threads'
import type { Clock } from '../../core/time/clock.ts'
import { loadDriver } from '../driver.ts'
import { DeadReaders } from './dead-readers.ts'
import { demandRoom } from './disk-room.ts'
import type { Engine, Part, Root } from './engine.ts'
import { strangenessOf } from './file-header.ts'
import { firstRead } from './first-read.ts'
import { checkLockFile } from './lock-file.ts'
import { claimFolder } from './open-folders.ts'
import type { LmdbPackage } from './options.ts'
import type { SubjectFiles } from './subject-keys.ts'
import type { TableAccess, TableFiles } from './table.ts'
import { Strangeness, unusable } from './unusable.ts'

/** Where the file is, and how to write it. */
interface Opening {
  readonly path: string
  readonly durability: 'flushed' | 'committed'
  readonly clock: Clock
  readonly lmdb?: LmdbPackage
}

/** The open file of a store, and its parts. */
export interface SessionFile {
  readonly records: TableFiles
  readonly epochs: TableFiles
  readonly leases: TableFiles
  readonly subjects: SubjectFiles
  close(): Promise<void>
}

/** Grows when earlier versions cannot read a file that this version writes. */
const format = 1
const formatKey = 'format'
/** The part that holds the format. A file without it belongs to other software. */
const aboutPart = 'about'
/** More than are in use, because the engine fixes the number when it opens a file. */
const mostParts = 16
const binary = { encoding: 'binary' } as const

/**
 * Opens the file in a folder, and creates both where they do not exist.
 *
 * @throws SojournError `STORE_UNUSABLE` naming the folder; `DRIVER_MISSING`
 */
export function openFile({ path, durability, clock, lmdb }: Opening): SessionFile {
  // `Engine` is what the package has, in every version that the manifest allows.
  const engine = (lmdb ?? loadDriver('lmdb', 'lmdb')) as Engine
  const folder = resolve(path)
  try {
    demandMainThread()
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    return openClaimed(engine, { folder, durability, clock, letGo: claimFolder(folder, durability) })
  } catch (cause) {
    throw unusable(folder, cause)
  }
}

/**
 * Refuses worker threads. The engine writes in a thread of its own, and the thread of the store hands it a transaction bit
 * by bit. If a worker is terminated in between, the engine's thread waits for ever and holds the lock that all processes
 * share, or reads memory that is gone. A store cannot learn that its thread is about to end.
 */
function demandMainThread(): void {
  if (isMainThread) return
  throw new Strangeness(
    'this is a worker thread, and one that is ended while it writes would keep all processes from writing. ' +
      'Open it in the main thread, or in a process of its own',
  )
}

interface Claim extends Omit<Opening, 'path' | 'lmdb'> {
  readonly folder: string
  letGo(): void
}

function openClaimed(engine: Engine, claim: Claim): SessionFile {
  try {
    const root = openRoot(engine, claim.folder, claim.durability)
    return opened(root, accessTo(root, claim))
  } catch (error) {
    claim.letGo()
    throw error
  }
}

function openRoot(engine: Engine, folder: string, durability: Opening['durability']): Root {
  const file = join(folder, 'data.mdb')
  const strangeness = strangenessOf(file)
  if (strangeness !== undefined) throw new Strangeness(strangeness)
  const isNew = !existsSync(file)
  const isLockThere = checkLockFile(folder)
  if (isNew || !isLockThere) demandRoom(folder)
  const root = engine.open({
    ...binary,
    path: folder,
    // Without this, the engine takes a path with a dot in its last part for a file.
    noSubdir: false,
    maxDbs: mostParts,
    // With this, a killed process could undo a write that another process has answered.
    overlappingSync: false,
    noMetaSync: durability === 'committed',
    // With this, the engine makes promises of its own, and the rejection of one ends the process.
    eventTurnBatching: false,
  })
  // The folder may have existed before, readable by others.
  if (isNew) chmodSync(file, 0o600)
  return root
}

function opened(root: Root, access: Access): SessionFile {
  try {
    checkFormat(root)
    return partsOf(root, access)
  } catch (error) {
    void root.close()
    throw error
  }
}

/** What all parts of the file share. */
interface Access extends TableAccess {
  close(): Promise<void>
}

function accessTo(root: Root, { folder, clock, letGo }: Claim): Access {
  const deadReaders = new DeadReaders(root, clock)
  let isOpen = true
  return {
    refresh() {
      // The engine crashes the process when it is used while it closes.
      if (!isOpen) throw new Error('Expected the lmdb store to be open, but it has been closed.')
      root.resetReadTxn()
    },
    beforeWrite() {
      demandRoom(folder)
      deadReaders.clear()
    },
    close() {
      isOpen = false
      return root.close().finally(letGo)
    },
  }
}

/** Refuses a file of other software or of a newer format. An empty file is a new one. */
function checkFormat(root: Root): void {
  const parts = firstRead(() => [...root.getKeys()])
  if (parts.length > 0 && !parts.includes(aboutPart))
    throw new Strangeness('its `data.mdb` holds the data of other software')
  const about = partOf<string>(root, { name: aboutPart })
  const found = Number(about.get(formatKey)?.toString() ?? 0)
  if (found > format)
    throw new Strangeness(`its \`data.mdb\` was written by a newer version of Sojourn, in format ${found}`)
  if (found < format) about.putSync(formatKey, Buffer.from(String(format)))
}

function partsOf(root: Root, access: Access): SessionFile {
  const table = (items: string, ends: string): TableFiles => ({
    ...access,
    items: partOf(root, { name: items, useVersions: true }),
    ends: partOf(root, { name: ends }),
  })
  return {
    records: table('records', 'record-ends'),
    epochs: table('epochs', 'epoch-ends'),
    leases: table('leases', 'lease-ends'),
    subjects: { ...access, keys: partOf(root, { name: 'subjects' }) },
    close: access.close,
  }
}

/** Opens a part. The caller decides the type of its names, because it alone writes them. */
function partOf<Name>(
  root: Root,
  options: { readonly name: string; readonly useVersions?: boolean },
): Part<Name> {
  return root.openDB({ ...binary, ...options }) as Part<Name>
}
