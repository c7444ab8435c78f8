import type { CheckedOptions } from './options.ts'

/** The tables of a store, by the prefix of their names. */
export interface Tables {
  readonly records: string
  readonly epochs: string
  readonly leases: string
}

export function tablesFor(prefix: string): Tables {
  return { records: `"${prefix}_sessions"`, epochs: `"${prefix}_epochs"`, leases: `"${prefix}_leases"` }
}

const columns = 's.key, s.version, s.touched, s.ends, s.device, s.subject, s.epoch, s.facts'
const line = 'e.epoch AS line, e.spared, e.ends AS line_ends'

/** The names of all statements. */
export type StatementName =
  | 'create'
  | 'load'
  | 'replace'
  | 'touch'
  | 'delete'
  | 'page'
  | 'ofSubject'
  | 'epochOf'
  | 'exchangeEpoch'
  | 'endBelow'
  | 'sweep'
  | 'sweepEpochs'
  | 'sweepLeases'
  | 'firstEnd'
  | 'acquireLease'
  | 'holdsLease'
  | 'releaseLease'
  | 'findForeign'
  | 'removeForeign'
  | 'forgetForeign'

/** The texts of all statements. Each changes its rows only if they are as expected, so that none needs a transaction. */
export function statementsFor({ prefix, adoptTable }: Pick<CheckedOptions, 'prefix' | 'adoptTable'>): {
  readonly [name in StatementName]: string
} {
  const { records, epochs, leases } = tablesFor(prefix)
  const foreign = `"${adoptTable}"`
  return {
    create: `INSERT INTO ${records} AS s (key, version, touched, ends, device, subject, epoch, facts, data)
      VALUES (:key, :version, :touched, :ends, :device, :subject, :epoch, :facts, :data)
      ON CONFLICT (key) DO UPDATE SET version = excluded.version, touched = excluded.touched, ends = excluded.ends,
        device = excluded.device, subject = excluded.subject, epoch = excluded.epoch, facts = excluded.facts,
        data = excluded.data WHERE s.ends <= :now`,
    load: `SELECT ${columns}, s.data, ${line} FROM ${records} s
      LEFT JOIN ${epochs} e ON e.subject = s.subject AND e.ends > :now WHERE s.key = :key AND s.ends > :now`,
    replace: `UPDATE ${records} SET version = :version, subject = :subject, epoch = :epoch, facts = :facts, data = :data,
        ends = CASE WHEN touched > :touched THEN max(ends, :ends) ELSE :ends END,
        device = CASE WHEN touched > :touched THEN coalesce(device, :device) ELSE :device END,
        touched = max(touched, :touched)
      WHERE key = :key AND version = :expected AND ends > :now`,
    touch: `UPDATE ${records} SET device = CASE WHEN :touched >= touched THEN coalesce(:device, device) ELSE device END,
        touched = max(touched, :touched), ends = max(ends, :ends) WHERE key = :key AND ends > :now`,
    delete: `DELETE FROM ${records} WHERE key = :key AND ends > :now`,
    page: `SELECT ${columns}, s.data FROM ${records} s WHERE s.key > :after AND s.ends > :now ORDER BY s.key LIMIT :limit`,
    ofSubject: `SELECT ${columns} FROM ${records} s WHERE s.subject = :subject AND s.ends > :now`,
    epochOf: `SELECT ${line} FROM ${epochs} e WHERE e.subject = :subject AND e.ends > :now`,
    exchangeEpoch: `INSERT INTO ${epochs} AS e (subject, epoch, spared, ends) VALUES (:subject, :epoch, :spared, :ends)
      ON CONFLICT (subject) DO UPDATE SET spared = excluded.spared, ends = excluded.ends,
        epoch = CASE WHEN :expected IS NULL AND e.ends > :now THEN max(excluded.epoch, e.epoch + 1) ELSE excluded.epoch END
      WHERE e.ends <= :now OR :expected IS NULL OR e.epoch = :expected RETURNING epoch AS line`,
    endBelow: `DELETE FROM ${records} WHERE subject = :subject AND epoch < :epoch AND key IS NOT :spared AND ends > :now
      RETURNING key`,
    sweep: `DELETE FROM ${records} WHERE key IN (SELECT key FROM ${records} WHERE ends <= :by ORDER BY ends LIMIT :limit)`,
    sweepEpochs: `DELETE FROM ${epochs} WHERE subject IN (SELECT subject FROM ${epochs} WHERE ends <= :by LIMIT :limit)`,
    sweepLeases: `DELETE FROM ${leases} WHERE name IN (SELECT name FROM ${leases} WHERE ends <= :by LIMIT :limit)`,
    firstEnd: `SELECT min(ends) AS ends FROM ${records}`,
    acquireLease: `INSERT INTO ${leases} AS l (name, token, ends) VALUES (:name, :token, :ends)
      ON CONFLICT (name) DO UPDATE SET token = excluded.token, ends = excluded.ends
      WHERE l.ends <= :now OR l.token = :token`,
    holdsLease: `SELECT 1 FROM ${leases} WHERE name = :name AND token = :token AND ends > :now`,
    releaseLease: `DELETE FROM ${leases} WHERE name = :name AND token = :token`,
    findForeign: `SELECT sess AS text, expired AS ends FROM ${foreign} WHERE sid = :id AND expired > :now`,
    removeForeign: `DELETE FROM ${foreign} WHERE sid = :id AND sess = :text`,
    forgetForeign: `DELETE FROM ${foreign} WHERE sid = :id`,
  }
}
