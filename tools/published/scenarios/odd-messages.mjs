import { describeObserved } from '../observed.mjs'

const stores = ['memory', 'late']
const expresses = [4, 5]
const each = expresses.flatMap(express => stores.map(store => ({ express, store })))
const named = ({ express, store }) => `Express ${express}, ${store} store`

const first = { count: 2, hasId: true, names: ['sid-0'] }
const second = { count: 2, hasId: true, names: ['sid-1'] }

describeObserved('Two copies of the package in one process', 'copies.js', [
  { title: 'they are two', see: 'areTwo', expected: true },
  ...each.flatMap(options => [
    {
      title: `each in an app of its own has its session (${named(options)})`,
      see: 'inTwoApps',
      options,
      expected: [first, second],
    },
    {
      title: `both in one app have their sessions (${named(options)})`,
      see: 'inOneApp',
      options,
      expected: [first, second],
    },
    {
      title: `of two behind each other the first one counts (${named(options)})`,
      see: 'oneBehindTheOther',
      options,
      expected: first,
      mayWarn: /one session for a request/,
    },
  ]),
])

const derivations = [
  'a route with a request derived from the one that the session has',
  'a session with a request derived from the server’s',
  'a response whose `req` is another object',
  'a response without `req`',
  'a route with a response in a Proxy',
  'a session and a route with a response in a Proxy',
  'a session with a response in a Proxy',
  'a route with a request in a Proxy',
]
const derived = derivations.flatMap(title =>
  stores.flatMap(store => [false, true].map(isAssigned => ({ title, store, isAssigned }))),
)

describeObserved(
  'Messages that are derived or wrapped',
  'derived.js',
  derived.map(options => ({
    title: `${options.title}: what is ${options.isAssigned ? 'assigned' : 'changed'} is stored (${options.store} store)`,
    see: 'derived',
    options,
    expected: { status: 200, body: 'done', names: ['connect.sid'], held: [{ user: 'ada' }] },
  })),
)

const failures = [
  { failure: 'throws', express: 5 },
  { failure: 'throws a turn later', express: 5 },
  { failure: 'throws', express: 4, isPatched: true },
  { failure: 'calls next with an error', express: 4 },
  { failure: 'calls next with an error', express: 5 },
]

const late = failures.flatMap(failure =>
  ['none', 'careful', 'careless'].flatMap(errorHandler =>
    stores.flatMap(store => [20, 1_000_000].map(length => ({ ...failure, errorHandler, store, length }))),
  ),
)

describeObserved(
  'A route that fails after its answer',
  'failing-later.js',
  late.map(options => ({
    title: `${options.failure}, ${options.errorHandler} error handler: the visitor has the whole answer of ${options.length} (${named(options)})`,
    see: 'answerThenFail',
    options,
    // express-session has sent the head by then, and Express destroys the connection.
    ours: options.store === 'late' && options.errorHandler !== 'careless',
    expected: { status: 200, isWhole: true, names: ['connect.sid'], held: [{ user: 'ada' }] },
  })),
)

const answers = ['in one piece', 'a head and a body', 'a bare head', 'a stream']

describeObserved(
  'Whatever is handed over as request and response',
  'bad-input.js',
  stores.flatMap(store =>
    answers.map(answer => ({
      title: `has a session or is one clear error to next, and its answer ends as without a session: ${answer} (${store} store)`,
      see: 'problems',
      options: { store, answer },
      // express-session throws at a request without a url.
      ours: true,
      expected: [],
    })),
  ),
)
