/** The tables of a store, by the prefix of their names. */
export interface Tables {
  readonly records: string
  readonly epochs: string
  readonly leases: string
}

export function tablesFor(prefix: string): Tables {
  return {
    records: `\`${prefix}_sessions\``,
    epochs: `\`${prefix}_epochs\``,
    leases: `\`${prefix}_leases\``,
  }
}

/** The statements that make the tables. Their columns are binary, because collations fold case and blanks. */
export function schemaFor(prefix: string): readonly string[] {
  const { records, epochs, leases } = tablesFor(prefix)
  return [
    `CREATE TABLE IF NOT EXISTS ${records} (\`key\` VARBINARY(255) NOT NULL PRIMARY KEY, version BIGINT NOT NULL,
      touched BIGINT NOT NULL, ends BIGINT NOT NULL, device BLOB, subject VARBINARY(64), epoch BIGINT NOT NULL,
      facts MEDIUMBLOB NOT NULL, data LONGBLOB NOT NULL, INDEX (ends), INDEX (subject)) ENGINE = InnoDB`,
    `CREATE TABLE IF NOT EXISTS ${epochs} (subject VARBINARY(64) NOT NULL PRIMARY KEY, epoch BIGINT NOT NULL,
      spared VARBINARY(255), ends BIGINT NOT NULL) ENGINE = InnoDB`,
    `CREATE TABLE IF NOT EXISTS ${leases} (name VARBINARY(255) NOT NULL PRIMARY KEY, token VARBINARY(255) NOT NULL,
      ends BIGINT NOT NULL) ENGINE = InnoDB`,
  ]
}

/** The names of all statements. */
export type StatementName =
  | 'insert'
  | 'reuse'
  | 'load'
  | 'replace'
  | 'touch'
  | 'isLive'
  | 'delete'
  | 'page'
  | 'ofSubject'
  | 'epochOf'
  | 'insertEpoch'
  | 'replaceEpoch'
  | 'raiseEpoch'
  | 'below'
  | 'endBelow'
  | 'insertLease'
  | 'renewLease'
  | 'holdsLease'
  | 'releaseLease'
  | 'sweep'
  | 'sweepEpochs'
  | 'sweepLeases'
  | 'findForeign'
  | 'removeForeign'
  | 'forgetForeign'

const columns = 's.`key`, s.version, s.touched, s.ends, s.device, s.subject, s.epoch, s.facts'
const line = 'e.epoch AS line, e.spared, e.ends AS line_ends'

/**
 * The texts of all statements, with the table of express-mysql-session. An assignment sees those before it in the same statement, so `touched` comes after what
 * depends on it.
 */
export function statementsFor(
  prefix: string,
  adoptTable: string,
): { readonly [name in StatementName]: string } {
  const { records, epochs, leases } = tablesFor(prefix)
  return {
    insert: `INSERT INTO ${records} (\`key\`, version, touched, ends, device, subject, epoch, facts, data)
      VALUES (:key, :version, :touched, :ends, :device, :subject, :epoch, :facts, :data)`,
    reuse: `UPDATE ${records} SET version = :version, touched = :touched, device = :device, subject = :subject,
      epoch = :epoch, facts = :facts, data = :data, ends = :ends WHERE \`key\` = :key AND ends <= :now`,
    load: `SELECT ${columns}, s.data, ${line} FROM ${records} s
      LEFT JOIN ${epochs} e ON e.subject = s.subject AND e.ends > :now WHERE s.\`key\` = :key AND s.ends > :now`,
    replace: `UPDATE ${records} SET device = IF(touched > :touched, COALESCE(device, :device), :device),
      ends = IF(touched > :touched, GREATEST(ends, :ends), :ends), touched = GREATEST(touched, :touched),
      version = :version, subject = :subject, epoch = :epoch, facts = :facts, data = :data
      WHERE \`key\` = :key AND version = :expected AND ends > :now`,
    touch: `UPDATE ${records} SET device = IF(:touched >= touched, COALESCE(:device, device), device),
      touched = GREATEST(touched, :touched), ends = GREATEST(ends, :ends) WHERE \`key\` = :key AND ends > :now`,
    isLive: `SELECT 1 FROM ${records} WHERE \`key\` = :key AND ends > :now`,
    delete: `DELETE FROM ${records} WHERE \`key\` = :key AND ends > :now`,
    page: `SELECT ${columns}, s.data FROM ${records} s WHERE s.\`key\` > :after AND s.ends > :now ORDER BY s.\`key\` LIMIT :limit`,
    ofSubject: `SELECT ${columns}, ${line} FROM (SELECT :subject AS subject) u
      LEFT JOIN ${records} s ON s.subject = u.subject AND s.ends > :now
      LEFT JOIN ${epochs} e ON e.subject = u.subject AND e.ends > :now`,
    epochOf: `SELECT ${line} FROM ${epochs} e WHERE e.subject = :subject AND e.ends > :now`,
    insertEpoch: `INSERT INTO ${epochs} (subject, epoch, spared, ends) VALUES (:subject, :epoch, :spared, :ends)`,
    replaceEpoch: `UPDATE ${epochs} SET epoch = :epoch, spared = :spared, ends = :ends
      WHERE subject = :subject AND (ends <= :now OR epoch = :expected)`,
    raiseEpoch: `INSERT INTO ${epochs} (subject, epoch, spared, ends)
      VALUES (:subject, LAST_INSERT_ID(:epoch), :spared, :ends)
      ON DUPLICATE KEY UPDATE epoch = LAST_INSERT_ID(IF(ends > :now, GREATEST(:epoch, epoch + 1), :epoch)),
      spared = :spared, ends = :ends`,
    below: `SELECT \`key\` FROM ${records} WHERE subject = :subject AND epoch < :epoch AND ends > :now
      AND NOT \`key\` <=> :spared`,
    endBelow: `DELETE FROM ${records} WHERE subject = :subject AND epoch < :epoch AND ends > :now
      AND NOT \`key\` <=> :spared RETURNING \`key\``,
    insertLease: `INSERT INTO ${leases} (name, token, ends) VALUES (:name, :token, :ends)`,
    renewLease: `UPDATE ${leases} SET token = :token, ends = :ends
      WHERE name = :name AND (ends <= :now OR token = :token)`,
    holdsLease: `SELECT 1 FROM ${leases} WHERE name = :name AND token = :token AND ends > :now`,
    releaseLease: `DELETE FROM ${leases} WHERE name = :name AND token = :token`,
    sweep: `DELETE FROM ${records} WHERE ends <= :by ORDER BY ends LIMIT :limit`,
    sweepEpochs: `DELETE FROM ${epochs} WHERE ends <= :by LIMIT :limit`,
    sweepLeases: `DELETE FROM ${leases} WHERE ends <= :by LIMIT :limit`,
    findForeign: `SELECT data AS text, expires * 1000 AS ends FROM \`${adoptTable}\`
      WHERE session_id = :id AND expires * 1000 > :now`,
    removeForeign: `DELETE FROM \`${adoptTable}\` WHERE session_id = :id AND data = :text`,
    forgetForeign: `DELETE FROM \`${adoptTable}\` WHERE session_id = :id`,
  }
}
