import type { StoreCall } from '../../core/record/store.ts'
import { isError } from '../../core/report/errors.ts'
import { withQuestionMarks } from '../sql/named-parameters.ts'
import type { Row } from '../sql/rows.ts'
import { unlessOver } from '../unless-over.ts'
import { troubleOf } from './trouble.ts'

/** A value that a statement takes. */
export type MysqlValue = string | number | null | Uint8Array

/** The part of a connection of `mysql2` that the store uses. */
interface MysqlConnection {
  execute(options: {
    sql: string
    values: MysqlValue[]
    timeout: number
  }): Promise<readonly [unknown, ...unknown[]]>
  release(): void
}

/** A pool of `mysql2/promise`. */
interface PromisePool {
  getConnection(): Promise<MysqlConnection>
}

/** The application's own pool: `createPool` of `mysql2` or of `mysql2/promise`. */
export interface MysqlPool {
  getConnection(...parameters: never[]): unknown
}

/** The answer to a statement. */
export interface Answer {
  readonly rows: readonly Row[]
  /** How many rows it has changed, or only matched: that depends on the flags of the connection. */
  readonly affected: number
  /** The value of `LAST_INSERT_ID(…)`. */
  readonly number: number
}

type Values = { readonly [name: string]: MysqlValue }

/** How often a statement that lost a deadlock is sent again. */
const mostAttempts = 10
/** Longer than any call waits: a connection whose server is frozen is then closed, and not given to the next call. */
const longestMs = 10_000
/** A deadlock, a lock that was not free in time, and a row that has changed under a snapshot. */
const passing: ReadonlySet<unknown> = new Set([1213, 1205, 1020])
const duplicate = 1062

/** Runs statements on the connections of a pool, each in autocommit. */
export class Connections {
  readonly #pool: PromisePool

  constructor(pool: MysqlPool) {
    // A pool for callbacks has a method that answers the one for promises.
    this.#pool = ('promise' in pool ? (pool.promise as () => unknown)() : pool) as PromisePool
  }

  /** Runs one statement. It waits for a connection as long as its caller does, and sends nothing after that. */
  async run(text: string, values: Values, call: StoreCall | undefined): Promise<Answer> {
    for (let attempts = 1; ; attempts += 1) {
      try {
        return await this.#once(text, values, call)
      } catch (error) {
        if (attempts === mostAttempts || !passing.has(errnoOf(error))) throw troubleOf(error)
      }
    }
  }

  /** Runs an INSERT. Answers false if its row is there already. */
  async insert(text: string, values: Values, call: StoreCall | undefined): Promise<boolean> {
    try {
      await this.#once(text, values, call)
      return true
    } catch (error) {
      if (errnoOf(error) === duplicate) return false
      throw troubleOf(error)
    }
  }

  async #once(text: string, values: Values, call: StoreCall | undefined): Promise<Answer> {
    const statement = withQuestionMarks(text)
    const connecting = this.#pool.getConnection()
    const connection = await unlessOver(call, connecting).catch(error => {
      // The connection may still come, when nobody waits for it any more.
      connecting.then(late => late.release(), ignore)
      throw error
    })
    try {
      call?.throwIfOver()
      const [answer] = await connection.execute({
        sql: statement.text,
        values: statement.names.map(name => values[name] ?? null),
        timeout: longestMs,
      })
      return answerOf(answer)
    } finally {
      connection.release()
    }
  }
}

function answerOf(answer: unknown): Answer {
  if (Array.isArray(answer)) return { rows: answer, affected: 0, number: 0 }
  const { affectedRows, insertId } = Object(answer)
  return { rows: [], affected: Number(affectedRows), number: Number(insertId) }
}

function errnoOf(error: unknown): unknown {
  return isError(error) && 'errno' in error ? error.errno : undefined
}

function ignore(): void {}

/** Tells whether a value is a pool that the store can use. */
export function isPool(value: unknown): boolean {
  return typeof Object(value).getConnection === 'function'
}
