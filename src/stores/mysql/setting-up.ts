import type { StoreCall } from '../../core/record/store.ts'
import { SojournError } from '../../core/report/errors.ts'
import type { Connections } from './connection.ts'

/** The oldest versions that have what the statements need. */
const oldest = { MariaDB: [10, 6], MySQL: [8, 0] } as const

/** Checks the server and makes the tables before the first statement, and tries again at the next one if that fails. */
export class SettingUp {
  readonly #connections: Connections
  readonly #schema: readonly string[]
  /** Whether a DELETE can answer the rows that it has removed; undefined until the server is known. */
  #isReturning: boolean | undefined
  #underWay: Promise<boolean> | undefined

  constructor(connections: Connections, schema: readonly string[]) {
    this.#connections = connections
    this.#schema = schema
  }

  /** Resolves when all is set up, with whether a DELETE can answer rows. */
  done(call: StoreCall | undefined): Promise<boolean> | boolean {
    if (this.#isReturning !== undefined) return this.#isReturning
    this.#underWay ??= this.#make(call).finally(() => {
      this.#underWay = undefined
    })
    return this.#underWay
  }

  async #make(call: StoreCall | undefined): Promise<boolean> {
    const { rows } = await this.#connections.run('SELECT VERSION() AS version', {}, call)
    const isReturning = isMariadb(String(rows[0]?.version))
    for (const text of this.#schema) await this.#connections.run(text, {}, call)
    this.#isReturning = isReturning
    return isReturning
  }
}

/** @throws SojournError `STORE_UNUSABLE` for a server that is too old. */
function isMariadb(version: string): boolean {
  const kind = version.includes('MariaDB') ? 'MariaDB' : 'MySQL'
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [neededMajor, neededMinor] = oldest[kind]
  if (major > neededMajor || (major === neededMajor && minor >= neededMinor)) return kind === 'MariaDB'
  throw new SojournError(
    'STORE_UNUSABLE',
    `Expected a server of ${kind} ${oldest[kind].join('.')} or newer for the mysql store, got version ${version}.`,
  )
}
