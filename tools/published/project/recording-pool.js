/**
 * A pg pool as far as connect-pg-simple 10 can see. Like pg it waits for a connection first and turns the
 * session into JSON only then, so that a session which has changed meanwhile, or cannot be read any more,
 * shows. It writes down every statement with its parameters.
 */
export function recordingPool() {
  const rows = new Map()
  const sent = []
  const query = async (text, parameters) => {
    await new Promise(setImmediate)
    const values = parameters.map(asParameter)
    sent.push([text, ...values])
    return { rows: runStatement(rows, text, values) }
  }
  return { query, on() {}, end: async () => {}, recording: recordingOf(rows, sent) }
}

function asParameter(value) {
  return typeof value === 'object' ? JSON.stringify(value) : value
}

function runStatement(rows, text, values) {
  const verb = text.slice(0, text.indexOf(' '))
  return statements[verb](rows, values)
}

const statements = {
  SELECT(rows, [sid, now]) {
    const row = rows.get(sid)
    return row && row.expire >= now ? [{ sess: JSON.parse(row.sess) }] : []
  },
  INSERT(rows, [sess, expire, sid]) {
    rows.set(sid, { sess, expire })
    return [{ sid }]
  },
  UPDATE(rows, [expire, sid]) {
    const row = rows.get(sid)
    if (row) row.expire = expire
    return row ? [{ sid }] : []
  },
  DELETE(rows, [sid]) {
    rows.delete(sid)
    return []
  },
}

/** The expiry is in the commands. In a row, whole seconds would make a touch show by chance only. */
function recordingOf(rows, sent) {
  const records = () => [...rows].map(([key, { sess }]) => ({ key, payload: sess }))
  return { records, commands: () => sent.splice(0) }
}
