import { withQuestionMarks } from '../sql/named-parameters.ts'
import type { Row } from '../sql/rows.ts'
import type { SqliteDatabase, SqliteStatement, SqliteValue } from './database.ts'
import { withReason } from './trouble.ts'

type Values = { readonly [name: string]: SqliteValue }

interface Ready {
  readonly statement: SqliteStatement
  /** The names of its parameters, in order. */
  readonly names: readonly string[]
}

/** Statements by name, each prepared at its first use. Their parameters have names, such as `:key`. */
export class Prepared<Name extends string> {
  readonly #database: SqliteDatabase
  readonly #texts: { readonly [name in Name]: string }
  readonly #ready = new Map<Name, Ready>()

  constructor(database: SqliteDatabase, texts: { readonly [name in Name]: string }) {
    this.#database = database
    this.#texts = texts
  }

  /** Returns the first row of a result. */
  first(name: Name, values: Values): Row | undefined {
    return this.#run(name, values, (statement, list) => statement.get(...list))
  }

  all(name: Name, values: Values): readonly Row[] {
    return this.#run(name, values, (statement, list) => statement.all(...list))
  }

  /** Returns how many rows the statement has matched. */
  change(name: Name, values: Values): number {
    return Number(this.#run(name, values, (statement, list) => statement.run(...list).changes))
  }

  /** Runs statements in one transaction, and undoes them unless the work returns true. */
  inTransaction(work: () => boolean): boolean {
    this.#exec('BEGIN IMMEDIATE')
    let isDone = false
    try {
      isDone = work()
    } finally {
      this.#exec(isDone ? 'COMMIT' : 'ROLLBACK')
    }
    return isDone
  }

  #exec(text: string): void {
    withReason(() => this.#database.exec(text))
  }

  #run<Answer>(
    name: Name,
    values: Values,
    run: (statement: SqliteStatement, list: SqliteValue[]) => Answer,
  ): Answer {
    return withReason(() => {
      const { statement, names } = this.#prepare(name)
      return run(
        statement,
        names.map(each => values[each] ?? null),
      )
    })
  }

  /** The packages bind named parameters differently, and bind those by position alike. */
  #prepare(name: Name): Ready {
    const known = this.#ready.get(name)
    if (known !== undefined) return known
    const { text, names } = withQuestionMarks(this.#texts[name])
    const ready = { statement: this.#database.prepare(text), names }
    this.#ready.set(name, ready)
    return ready
  }
}
