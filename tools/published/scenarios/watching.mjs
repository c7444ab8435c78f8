import { describeObserved } from '../observed.mjs'

const outcomes = [
  { isFailing: false, status: 201, body: '"signed in"', title: 'an answer' },
  // express-session sends the answer as written, whether or not it is stored.
  { isFailing: true, status: 503, body: '"no"', title: 'an answer that cannot be stored' },
]
const expresses = [4, 5]

const logs = ['on-finished', 'morgan', 'pino-http', 'express-winston'].flatMap(watcher =>
  expresses.flatMap(express =>
    // express-winston notes an answer when its own `end` is called, which must be the last one.
    (watcher === 'express-winston' ? [true] : [true, false]).flatMap(isBefore =>
      outcomes.map(({ isFailing, status, body, title }) => ({
        title: `${watcher} ${isBefore ? 'before' : 'behind'} the session notes ${title} once it has left (Express ${express})`,
        see: 'log',
        options: { watcher, express, isBefore, isFailing },
        ours: isFailing,
        expected: { early: [], status, body, late: [status] },
      })),
    ),
  ),
)

describeObserved('Logs', 'watching.js', logs)

const spans = expresses.flatMap(express =>
  outcomes.map(({ isFailing, status, body, title }) => ({
    title: `the span of ${title} ends once it has left, with its status (Express ${express})`,
    see: 'spans',
    options: { express, isFailing },
    ours: isFailing,
    expected: { early: [], status, body, late: [status] },
  })),
)

describeObserved('OpenTelemetry, loaded before the session', 'traced-before.js', spans)
describeObserved('OpenTelemetry, loaded after the session', 'traced-after.js', spans)

const closers = ['server.close', 'http-terminator', 'stoppable', 'http-graceful-shutdown']
const page = { status: 200, body: '"a page"' }
const redirect = { status: 302, body: 'Found. Redirecting to /page' }

const shutdowns = closers.flatMap(closer =>
  expresses.flatMap(express =>
    Object.entries({ page, redirect }).map(([kind, answer]) => ({
      title: `${closer} lets a visitor have a ${kind} that waits for its save (Express ${express})`,
      see: 'closeMeanwhile',
      options: { closer, express, kind },
      expected: { ...answer, names: ['connect.sid'], isListening: false, held: [{ user: 'ada' }] },
    })),
  ),
)

describeObserved('A server that closes', 'shutdown.js', shutdowns)
