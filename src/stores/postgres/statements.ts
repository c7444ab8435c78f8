/** The tables of a store, by the prefix of their names, and the table of other software. */
export interface Tables {
  readonly records: string
  readonly epochs: string
  readonly leases: string
}

export function tablesFor(prefix: string): Tables {
  return { records: `"${prefix}_sessions"`, epochs: `"${prefix}_epochs"`, leases: `"${prefix}_leases"` }
}

/**
 * The statements that make the tables. `due` is no later than `ends`, and only moves when a sweep visits the row: so a touch
 * changes no column of an index, and costs less than half as much log. The pages leave room for that.
 */
export function schemaFor(prefix: string): readonly string[] {
  const { records, epochs, leases } = tablesFor(prefix)
  return [
    `CREATE TABLE IF NOT EXISTS ${records} (key text COLLATE "C" PRIMARY KEY, version bigint NOT NULL, touched bigint NOT NULL,
  ends bigint NOT NULL, due bigint NOT NULL, device text, subject text COLLATE "C", epoch bigint NOT NULL,
  facts text NOT NULL, data bytea NOT NULL) WITH (fillfactor = 80)`,
    `CREATE INDEX IF NOT EXISTS "${prefix}_sessions_due" ON ${records} (due)`,
    `CREATE INDEX IF NOT EXISTS "${prefix}_sessions_subject" ON ${records} (subject) WHERE subject IS NOT NULL`,
    `CREATE TABLE IF NOT EXISTS ${epochs} (subject text COLLATE "C" PRIMARY KEY, epoch bigint NOT NULL, spared text, ends bigint NOT NULL)`,
    `CREATE TABLE IF NOT EXISTS ${leases} (name text COLLATE "C" PRIMARY KEY, token text NOT NULL, ends bigint NOT NULL)`,
  ]
}

/** The names of all statements. */
export type StatementName =
  | 'create'
  | 'load'
  | 'replace'
  | 'touch'
  | 'isLive'
  | 'delete'
  | 'page'
  | 'ofSubject'
  | 'epochOf'
  | 'exchangeEpoch'
  | 'endBelow'
  | 'acquireLease'
  | 'holdsLease'
  | 'releaseLease'
  | 'sweep'
  | 'sweepEpochs'
  | 'sweepLeases'
  | 'findForeign'
  | 'takeOver'
  | 'forgetForeign'

const columns = 's.key, s.version, s.touched, s.ends, s.device, s.subject, s.epoch, s.facts'
const line = 'e.epoch AS line, e.spared, e.ends AS line_ends'
const overwrite = `version = excluded.version, touched = excluded.touched, ends = excluded.ends, due = excluded.due,
  device = excluded.device, subject = excluded.subject, epoch = excluded.epoch, facts = excluded.facts, data = excluded.data`
const values = ':key, :version, :touched, :ends, :ends, :device, :subject, :epoch, :facts, :data'

/** The texts of all statements. `foreign` is the table of connect-pg-simple. */
export function statementsFor(prefix: string, foreign: string): { readonly [name in StatementName]: string } {
  const { records, epochs, leases } = tablesFor(prefix)
  return {
    create: `INSERT INTO ${records} AS s (key, version, touched, ends, due, device, subject, epoch, facts, data)
      VALUES (${values}) ON CONFLICT (key) DO UPDATE SET ${overwrite} WHERE s.ends <= :now`,
    load: `SELECT ${columns}, s.data, ${line} FROM ${records} s
      LEFT JOIN ${epochs} e ON e.subject = s.subject AND e.ends > :now WHERE s.key = :key AND s.ends > :now`,
    // With the lock the conflict is the present row, and not the one of when the statement began.
    replace: `WITH found AS MATERIALIZED (SELECT * FROM ${records} WHERE key = :key AND ends > :now FOR UPDATE),
      done AS (UPDATE ${records} s SET version = :version, subject = :subject, epoch = :epoch, facts = :facts, data = :data,
        touched = GREATEST(s.touched, :touched::bigint),
        ends = CASE WHEN s.touched > :touched::bigint THEN GREATEST(s.ends, :ends::bigint) ELSE :ends::bigint END,
        due = LEAST(s.due, :ends::bigint),
        device = CASE WHEN s.touched > :touched::bigint THEN COALESCE(s.device, :device) ELSE :device END
        FROM found WHERE s.key = found.key AND found.version = :expected::bigint RETURNING 1)
      SELECT ${columns}, CASE WHEN s.version <> :expected::bigint THEN s.data END AS data,
        (SELECT count(*) FROM done) AS done FROM found s`,
    touch: `UPDATE ${records} SET device = CASE WHEN :touched::bigint >= touched THEN COALESCE(:device::text, device) ELSE device END,
      touched = GREATEST(touched, :touched::bigint), ends = GREATEST(ends, :ends::bigint) WHERE key = :key AND ends > :now`,
    isLive: `SELECT 1 FROM ${records} WHERE key = :key AND ends > :now`,
    delete: `DELETE FROM ${records} WHERE key = :key AND ends > :now`,
    page: `SELECT ${columns}, s.data FROM ${records} s WHERE s.key > :after AND s.ends > :now ORDER BY s.key LIMIT :limit`,
    ofSubject: `SELECT ${columns}, ${line} FROM (SELECT :subject::text AS subject) u
      LEFT JOIN ${records} s ON s.subject = u.subject AND s.ends > :now
      LEFT JOIN ${epochs} e ON e.subject = u.subject AND e.ends > :now`,
    epochOf: `SELECT ${line} FROM ${epochs} e WHERE e.subject = :subject AND e.ends > :now`,
    exchangeEpoch: `INSERT INTO ${epochs} AS e (subject, epoch, spared, ends) VALUES (:subject, :epoch, :spared, :ends)
      ON CONFLICT (subject) DO UPDATE SET spared = excluded.spared, ends = excluded.ends,
        epoch = CASE WHEN :expected::bigint IS NULL AND e.ends > :now THEN GREATEST(excluded.epoch, e.epoch + 1)
          ELSE excluded.epoch END
      WHERE e.ends <= :now OR :expected::bigint IS NULL OR e.epoch = :expected::bigint RETURNING epoch AS line`,
    endBelow: `DELETE FROM ${records} WHERE subject = :subject AND epoch < :epoch AND ends > :now
      AND key IS DISTINCT FROM :spared RETURNING key`,
    acquireLease: `INSERT INTO ${leases} AS l (name, token, ends) VALUES (:name, :token, :ends)
      ON CONFLICT (name) DO UPDATE SET token = excluded.token, ends = excluded.ends
      WHERE l.ends <= :now OR l.token = :token`,
    holdsLease: `SELECT 1 FROM ${leases} WHERE name = :name AND token = :token AND ends > :now`,
    releaseLease: `DELETE FROM ${leases} WHERE name = :name AND token = :token`,
    // Rows that another process sweeps or a request writes are skipped.
    sweep: `WITH seen AS (SELECT key, ends FROM ${records} WHERE due <= :by ORDER BY due LIMIT :limit FOR UPDATE SKIP LOCKED),
      moved AS (UPDATE ${records} s SET due = s.ends FROM seen WHERE s.key = seen.key AND seen.ends > :by),
      gone AS (DELETE FROM ${records} s USING seen WHERE s.key = seen.key AND seen.ends <= :by RETURNING 1)
      SELECT (SELECT count(*) FROM seen) AS seen, (SELECT count(*) FROM gone) AS removed`,
    sweepEpochs: `DELETE FROM ${epochs} WHERE subject = ANY (ARRAY(
      SELECT subject FROM ${epochs} WHERE ends <= :by LIMIT :limit FOR UPDATE SKIP LOCKED))`,
    sweepLeases: `DELETE FROM ${leases} WHERE name = ANY (ARRAY(
      SELECT name FROM ${leases} WHERE ends <= :by LIMIT :limit FOR UPDATE SKIP LOCKED))`,
    // Its column has no time zone, and both sides read it in that of the connection.
    findForeign: `SELECT sess::text AS text, extract(epoch FROM expire::timestamptz) * 1000 AS ends FROM ${foreign}
      WHERE sid = :id AND expire > to_timestamp(:now::bigint / 1000.0)`,
    takeOver: `WITH old AS MATERIALIZED (SELECT sid FROM ${foreign} WHERE sid = :id AND sess::text = :text FOR UPDATE),
      kept AS (INSERT INTO ${records} AS s (key, version, touched, ends, due, device, subject, epoch, facts, data)
        SELECT :key::text, :version::bigint, :touched::bigint, :ends::bigint, :ends::bigint, :device::text, :subject::text,
          :epoch::bigint, :facts::text, :data::bytea FROM old
        ON CONFLICT (key) DO UPDATE SET ${overwrite} WHERE s.ends <= :now RETURNING 1),
      gone AS (DELETE FROM ${foreign} f USING old, kept WHERE f.sid = old.sid RETURNING 1)
      SELECT (SELECT count(*) FROM kept) AS kept, (SELECT count(*) FROM gone) AS gone`,
    forgetForeign: `DELETE FROM ${foreign} WHERE sid = :id`,
  }
}
