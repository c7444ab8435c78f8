/**
 * What the store uses of the package `lmdb`. Its own types do not hold where libraries are checked too, and say more
 * than is needed here.
 */
export interface Engine {
  /** Opens the file in a folder. Throws what the system or LMDB says, with a code. */
  open(options: OpenOptions): Root
}

interface OpenOptions {
  readonly path: string
  readonly encoding: 'binary'
  readonly noSubdir: boolean
  readonly maxDbs: number
  readonly overlappingSync: boolean
  /** Leaves it to the next write to bring this one to the disk for good. The file stays whole all the same. */
  readonly noMetaSync: boolean
  readonly eventTurnBatching: boolean
}

interface PartOptions {
  readonly name: string
  readonly encoding: 'binary'
  readonly useVersions?: boolean
}

/** A file that is open. The names of its parts are its own keys. */
export interface Root {
  getKeys(): Iterable<unknown>
  openDB(options: PartOptions): unknown
  /** The next read sees what has been written by then. */
  resetReadTxn(): void
  /** Forgets the reads of processes that have died. */
  readerCheck(): number
  /** Waits for the writes under way. */
  close(): Promise<void>
}

/** A name of several words may be given by its first ones: it comes before every whole one that begins so. */
interface Range<Name> {
  readonly start?: Name | readonly [string]
  readonly exclusiveStart?: boolean
  readonly end?: Name
  readonly limit?: number
}

/** A part of a file: bytes by name, in the order of the names. */
export interface Part<Name> {
  get(name: Name): Buffer | undefined
  /** The bytes are others at the next read. */
  getBinaryFast(name: Name): Buffer | undefined
  getKeys(range: Range<Name>): Iterable<Name>
  /** Resolves when it is written, and rejects with an error that may have a promise of the cause: `commitError`. */
  put(name: Name, bytes: Buffer, version?: number): Promise<boolean>
  putSync(name: Name, bytes: Buffer): void
  remove(name: Name): Promise<boolean>
  /** Makes all writes of `write` in one transaction, if the version is this one. Resolves with whether it was. */
  ifVersion(name: Name, version: number, write: () => void): Promise<boolean>
  ifNoExists(name: Name, write: () => void): Promise<boolean>
}
