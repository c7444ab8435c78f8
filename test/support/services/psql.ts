import { realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { findCommand } from './find-command.ts'
import { runCommand } from './server-process.ts'

/** Where and as whom a statement is run. */
export interface PsqlTarget {
  /** An address, or the folder that has the server's socket. */
  readonly host: string
  readonly port: number
  readonly database: string
  readonly name: string
  readonly password?: string
}

/** A command beside that of the server, which a link may lead to, so that both are of one version. */
export function postgresCommand(name: string): string {
  const server = findCommand('postgres')
  return server === undefined ? name : join(dirname(realpathSync(server)), name)
}

/**
 * Runs one statement on a connection of its own, without any of the drivers that are to be tested. Answers a line a row,
 * with `|` between the columns. Rejects with what the server says is wrong.
 */
export function psql(target: PsqlTarget, sql: string): Promise<string> {
  const { host, port, database, name, password = '' } = target
  const format = ['--no-psqlrc', '--quiet', '--tuples-only', '--no-align', '--no-password']
  const place = ['--host', host, '--port', String(port), '--dbname', database, '--username', name]
  const parameters = [...format, ...place, '--command', sql]
  return runCommand(postgresCommand('psql'), parameters, { PGPASSWORD: password })
}
