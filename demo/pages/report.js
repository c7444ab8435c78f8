/** @typedef {import('../tracing/trace.js').Trace} Trace */

/**
 * @typedef {object} Report
 * @property {string} title
 * @property {string} verdict what happened to the record, in one sentence
 * @property {string} cookieIn
 * @property {number} callCount
 * @property {readonly string[]} calls
 * @property {string} cookieOut
 */

/** @type {Readonly<Record<string, string>>} */
const cookieIns = {
  opened: 'Came, and named your session',
  revoked: 'Came, and named a session that somebody has ended',
  expired: 'Came, and named a session whose time is over',
  missing: 'Came, and named a session that the store does not have',
  tampered: 'Came, and was refused: it was not signed here',
  replayed: 'Came, with an id that was given up long ago',
}

/** @type {Readonly<Record<string, string>>} */
const cookieOuts = {
  sent: 'Sent',
  removed: 'Removed from the browser',
  none: 'Not sent',
}

/**
 * What the store has done.
 *
 * @type {Readonly<Record<string, string>>}
 */
const deeds = {
  create: 'made a record',
  load: 'read a record',
  replace: 'wrote the record',
  touch: 'recorded activity',
  delete: 'removed a record',
  ofSubject: 'listed the customer’s sessions',
  epochOf: 'asked whether all were ended',
  exchangeEpoch: 'ended all earlier sign-ins',
  endBelow: 'removed the records of the ended sign-ins',
}

/**
 * What it was asked and has not done, because the record was not as expected.
 *
 * @type {Readonly<Record<string, string>>}
 */
const vainDeeds = {
  create: 'made no record: there was one',
  load: 'found no record',
  replace: 'wrote nothing: the record had changed or gone meanwhile',
  touch: 'recorded no activity: the record had gone',
  delete: 'removed nothing: the record had gone',
  exchangeEpoch: 'ended no sign-ins: another request had done so meanwhile',
}

/** @type {Readonly<Record<string, string>>} */
const wishes = {
  create: 'make a record',
  load: 'read a record',
  replace: 'write the record',
  touch: 'record activity',
  delete: 'remove a record',
  ofSubject: 'list the customer’s sessions',
  epochOf: 'say whether all were ended',
  exchangeEpoch: 'end all earlier sign-ins',
  endBelow: 'remove the records of the ended sign-ins',
}

/**
 * Puts into words what a request has done so far, or in all when it is over.
 *
 * @param {Trace} trace
 * @returns {Report}
 */
export function reportOf(trace) {
  return {
    title: `${trace.method} ${trace.path}`,
    verdict: verdictOn(trace),
    cookieIn: cookieInOf(trace),
    callCount: trace.calls.length,
    calls: callsOf(trace),
    cookieOut: trace.sentCookie === undefined ? 'Not decided yet' : (cookieOuts[trace.sentCookie] ?? ''),
  }
}

/** @param {Trace} trace */
function cookieInOf({ hasCookie, outcome }) {
  if (!hasCookie) return 'None came'
  return cookieIns[outcome ?? ''] ?? 'Came, and led to no session'
}

/** @param {Trace} trace */
function callsOf({ calls }) {
  const counts = new Map()
  for (const deed of calls.map(deedOf)) counts.set(deed, (counts.get(deed) ?? 0) + 1)
  return [...counts].map(([deed, count]) => (count === 1 ? deed : `${deed}, ${count} times`))
}

/** @param {import('../tracing/trace.js').StoreCall} call */
function deedOf({ verb, result }) {
  if (result === 'done') return deeds[verb]
  if (result === 'in vain') return vainDeeds[verb]
  return `${result === 'failed' ? 'failed to' : 'has yet to'} ${wishes[verb]}`
}

const successor = 'A new session, with a new id, took the place of the old one.'

/** @param {Trace} trace */
function verdictOn(trace) {
  if (trace.hasAny('failed')) return 'The store has failed. What it was asked may not have happened.'
  if (trace.hasAny('unanswered')) return 'The store has not answered yet.'
  const verdicts = [
    { verbs: ['create', 'delete'], text: successor },
    // What goes over to the new session is read in the write that ends the old one.
    { verbs: ['create', 'replace'], text: successor },
    { verbs: ['create'], text: 'A session began: one new record.' },
    {
      verbs: ['delete', 'replace'],
      text: 'Another session was ended. Yours has changed, so its record was written.',
    },
    { verbs: ['replace'], text: 'The session has changed, so its record was written.' },
    { verbs: ['delete'], text: 'A session was ended, and its record removed.' },
    { verbs: ['touch'], text: 'Nothing has changed. Only the activity was recorded.' },
  ]
  const found = verdicts.find(({ verbs }) => verbs.every(verb => trace.has(verb)))
  if (found !== undefined) return found.text
  return trace.calls.length > 0
    ? 'The store was only read. Nothing was written.'
    : 'The store was not asked at all.'
}
