import type { StoreCall } from '../../core/record/store.ts'
import { isError, SojournError } from '../../core/report/errors.ts'
import type { Connections } from './connection.ts'

/** The oldest version that has what the statements need. */
const oldestVersion = 13
/** How often a process tries that makes the tables at the same moment as another. */
const mostAttempts = 5
/** What the server says then, although each statement makes only what is missing. */
const simultaneous = /23505|42P07|42710|XX000/

/** Checks the server and makes the tables before the first statement, and tries again at the next one if that fails. */
export class SettingUp {
  readonly #connections: Connections
  readonly #schema: readonly string[]
  #isDone = false
  #underWay: Promise<void> | undefined

  constructor(connections: Connections, schema: readonly string[]) {
    this.#connections = connections
    this.#schema = schema
  }

  done(call: StoreCall | undefined): Promise<void> | undefined {
    if (this.#isDone) return undefined
    this.#underWay ??= this.#make(call).finally(() => {
      this.#underWay = undefined
    })
    return this.#underWay
  }

  async #make(call: StoreCall | undefined): Promise<void> {
    const { rows } = await this.#connections.run('SHOW server_version', {}, call)
    const version = String(rows[0]?.server_version)
    if (Number.parseInt(version, 10) < oldestVersion)
      throw new SojournError(
        'STORE_UNUSABLE',
        `Expected a server of PostgreSQL ${oldestVersion} or newer for the postgres store, got version ${version}.`,
      )
    for (const text of this.#schema) await this.#makeOne(text, call)
    this.#isDone = true
  }

  async #makeOne(text: string, call: StoreCall | undefined): Promise<void> {
    for (let attempts = 1; ; attempts += 1) {
      try {
        await this.#connections.run(text, {}, call)
        return
      } catch (error) {
        const cause = isError(error) && isError(error.cause) ? error.cause : undefined
        const isAgain = cause !== undefined && 'code' in cause && simultaneous.test(String(cause.code))
        if (!isAgain || attempts === mostAttempts) throw error
      }
    }
  }
}
