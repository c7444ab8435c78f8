import type { StoreCall } from '../../core/record/store.ts'
import { isError } from '../../core/report/errors.ts'
import { withNumbers } from '../sql/named-parameters.ts'
import type { Row } from '../sql/rows.ts'
import { unlessOver } from '../unless-over.ts'
import { troubleOf } from './trouble.ts'

/** A value that a statement takes. */
export type PostgresValue = string | number | null | Uint8Array

/** Runs one statement in autocommit, and resolves with its rows, or with `rows` and `rowCount`. */
export type PostgresQuery = (text: string, values: PostgresValue[]) => Promise<unknown>

/** The application's own `pg` pool, its postgres.js client, or any function that runs a statement. */
export type PostgresClient =
  | { connect(...parameters: never[]): unknown }
  | { unsafe(...parameters: never[]): unknown }
  | PostgresQuery

/** A connection of a `pg` pool. */
interface PoolConnection {
  on(event: 'error', listener: () => void): unknown
  removeListener(event: 'error', listener: () => void): unknown
  query(text: string, values: PostgresValue[]): Promise<unknown>
  /** Gives the connection back, or closes it. */
  release(close?: boolean): void
}

/** The answer to a statement. */
export interface Answer {
  readonly rows: readonly Row[]
  readonly count: number
}

type Values = { readonly [name: string]: PostgresValue }
type Send = (text: string, values: PostgresValue[], call: StoreCall | undefined) => Promise<unknown>

/** How often a statement is sent again that has lost against another one. */
const mostAttempts = 10
/** A serialization failure, and a deadlock: nothing has happened. */
const passing: ReadonlySet<unknown> = new Set(['40001', '40P01'])

/** Runs statements through the application's client, each in autocommit. */
export class Connections {
  readonly #send: Send

  constructor(client: PostgresClient) {
    this.#send = senderOf(client)
  }

  /** Runs one statement. It waits for a connection as long as its caller does, and sends nothing after that. */
  async run(text: string, values: Values, call: StoreCall | undefined): Promise<Answer> {
    const statement = withNumbers(text)
    const list = statement.names.map(name => values[name] ?? null)
    for (let attempts = 1; ; attempts += 1) {
      try {
        call?.throwIfOver()
        return answerOf(await this.#send(statement.text, list, call))
      } catch (error) {
        if (attempts === mostAttempts || !passing.has(codeOf(error))) throw troubleOf(error)
      }
    }
  }
}

function senderOf(client: PostgresClient): Send {
  // A client of postgres.js is a function too.
  if ('unsafe' in client) return (text, values) => (client.unsafe as PostgresQuery)(text, values)
  if (typeof client === 'function') return (text, values) => client(text, values)
  const connect = (): Promise<PoolConnection> => client.connect() as Promise<PoolConnection>
  return (text, values, call) => sendOn(connect(), { text, values, call })
}

interface Statement {
  readonly text: string
  readonly values: PostgresValue[]
  readonly call: StoreCall | undefined
}

async function sendOn(
  connecting: Promise<PoolConnection>,
  { text, values, call }: Statement,
): Promise<unknown> {
  const connection = await unlessOver(call, connecting).catch(error => {
    // The connection may still come, when nobody waits for it any more.
    connecting.then(late => late.release(), ignore)
    throw error
  })
  let isSound = false
  // The pool does not listen while the connection is ours, and an error that nobody hears ends the process.
  connection.on('error', ignore)
  try {
    call?.throwIfOver()
    const answer = await unlessOver(call, connection.query(text, values))
    isSound = true
    return answer
  } catch (error) {
    isSound = isOfServer(error)
    throw error
  } finally {
    // Another statement would wait behind one that has no answer yet.
    connection.release(!isSound)
    connection.removeListener('error', ignore)
  }
}

function answerOf(answer: unknown): Answer {
  const { rows = answer, rowCount, count = rowCount } = Object(answer)
  const list: readonly Row[] = Array.isArray(rows) ? rows : []
  return { rows: list, count: typeof count === 'number' ? count : list.length }
}

/** Whether the server has answered with an error: then the connection goes on. */
function isOfServer(error: unknown): boolean {
  return isError(error) && 'severity' in error
}

function codeOf(error: unknown): unknown {
  return isError(error) && 'code' in error ? error.code : undefined
}

function ignore(): void {}

/** Tells whether a value is a client that the store can use. */
export function isClient(value: unknown): boolean {
  return typeof value === 'function' || typeof Object(value).connect === 'function'
}
