/**
 * The part of the package `lmdb` that the store uses. The package's own types do not compile without `skipLibCheck`, and
 * declare more than the store needs.
 */
export interface Engine {
  /** Opens the file in a folder. Throws the error of the system or of LMDB, with its code. */
  open(options: OpenOptions): Root
}

interface OpenOptions {
  readonly path: string
  readonly encoding: 'binary'
  readonly noSubdir: boolean
  readonly maxDbs: number
  readonly overlappingSync: boolean
  /** Leaves it to the next write to make this one durable. The file stays whole all the same. */
  readonly noMetaSync: boolean
  readonly eventTurnBatching: boolean
}

interface PartOptions {
  readonly name: string
  readonly encoding: 'binary'
  readonly useVersions?: boolean
}

/** An open file. Its keys are the names of its parts. */
export interface Root {
  getKeys(): Iterable<unknown>
  openDB(options: PartOptions): unknown
  /** Makes the next read see every write so far. */
  resetReadTxn(): void
  /** Drops the reads of processes that have died. */
  readerCheck(): number
  /** Closes the file when the writes under way are done. */
  close(): Promise<void>
}

/** `start` may be the first word of a name of two: that sorts before every name that begins with it. */
interface Range<Name> {
  readonly start?: Name | readonly [string]
  readonly exclusiveStart?: boolean
  readonly end?: Name
  readonly limit?: number
}

/** A part of a file: bytes by name, in the order of the names. */
export interface Part<Name> {
  get(name: Name): Buffer | undefined
  /** The next read overwrites the bytes. */
  getBinaryFast(name: Name): Buffer | undefined
  getKeys(range: Range<Name>): Iterable<Name>
  /** Resolves when the write is done. Rejects with an error that may have a promise of its cause, `commitError`. */
  put(name: Name, bytes: Buffer, version?: number): Promise<boolean>
  putSync(name: Name, bytes: Buffer): void
  remove(name: Name): Promise<boolean>
  /** Runs the writes in `write` in one transaction if the item has this version. Resolves with whether it had. */
  ifVersion(name: Name, version: number, write: () => void): Promise<boolean>
  ifNoExists(name: Name, write: () => void): Promise<boolean>
}
