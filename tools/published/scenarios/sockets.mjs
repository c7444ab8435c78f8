import { describeObserved } from '../observed.mjs'

const transports = ['polling', 'websocket']
const stores = ['memory', 'late']
const each = transports.flatMap(transport => stores.map(store => ({ transport, store })))
const named = ({ transport, store }) => `${transport}, ${store} store`

const anonymous = each.map(options => ({
  title: `an anonymous client has a session and leaves nothing (${named(options)})`,
  see: 'visit',
  options,
  expected: { who: { hasSession: true, user: null }, held: [] },
}))

const signedIn = each.map(options => ({
  title: `a client who is signed in is known (${named(options)})`,
  see: 'visit',
  options: { ...options, isSignedIn: true },
  expected: { who: { hasSession: true, user: 'ada' }, held: [{ user: 'ada' }] },
}))

const upgraded = stores.map(store => ({
  title: `a client goes on from polling to WebSocket (${store} store)`,
  see: 'upgrade',
  options: { store },
  expected: { transport: 'websocket', who: { hasSession: true, user: 'ada' } },
}))

// express-session sends the cookie of a WebSocket handshake and never stores its session.
const written = each.map(options => ({
  title: `a session written in the handshake is stored, and its head has the cookie (${named(options)})`,
  see: 'handshake',
  options,
  ours: options.transport === 'websocket',
  expected: {
    names: ['connect.sid'],
    held: [{ writtenBy: 'handshake' }],
    found: { writtenBy: 'handshake' },
  },
}))

const reloaded = each.map(options => ({
  title: `socket.request.session reloads and saves (${named(options)})`,
  see: 'reloadAndSave',
  options,
  expected: {
    counts: [{ count: 1 }, { user: 'ada', count: 1 }, { count: 2 }],
    page: { user: 'ada', count: 2 },
  },
}))

const endings = ['reload', 'count'].flatMap(then => each.map(options => ({ ...options, then })))

// express-session lets the socket's save bring the session back.
const ended = endings.map(options => ({
  title: `after a logout over HTTP the socket cannot ${options.then} (${named(options)})`,
  see: 'logout',
  options,
  ours: options.then === 'count',
  expected: { isRefused: true, held: [] },
}))

// express-session forces a head by `_implicitHeader`, which Socket.IO's response of an upgrade does not have.
const refused = each.map(options => ({
  title: `a middleware that answers in a handshake ends the connection, and its session is stored (${named(options)})`,
  see: 'refusal',
  options,
  ours: options.transport === 'websocket',
  expected: { held: [{ writtenBy: 'handshake' }] },
}))

const troubled = [
  {
    title: 'the server lives on after failing stores and clients that go away in the handshake',
    see: 'troubles',
    expected: {
      refused: ['refused', 'refused'],
      who: { hasSession: true, user: 'ada' },
      clientsLeft: 0,
    },
  },
]

describeObserved('Socket.IO', 'sockets.js', [
  ...anonymous,
  ...signedIn,
  ...upgraded,
  ...written,
  ...reloaded,
  ...ended,
  ...refused,
  ...troubled,
])

const anonymousAnswers = [{ hasSession: true, user: null }, { count: 1 }, { user: null, count: 1 }]
const knownAnswers = [{ hasSession: true, user: 'ada' }, { count: 1 }, { user: 'ada', count: 1 }]

describeObserved(
  'ws, as its README shows it',
  'ws.js',
  stores.flatMap(store => [
    {
      title: `a stranger's session can be saved and reloaded (${store} store)`,
      see: 'visit',
      options: { store },
      expected: { answers: anonymousAnswers, held: [{ count: 1 }] },
    },
    {
      title: `a member is known, and their session can be saved and reloaded (${store} store)`,
      see: 'visit',
      options: { store, isSignedIn: true },
      expected: { answers: knownAnswers, held: [{ user: 'ada', count: 1 }] },
    },
  ]),
)
