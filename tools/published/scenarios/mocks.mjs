import { describeObserved } from '../observed.mjs'

const clients = ['light-my-request', 'node-mocks-http', 'supertest']
const kinds = clients.flatMap(client => [4, 5].map(express => ({ client, express })))
const each = kinds.flatMap(kind => ['memory', 'late'].map(store => ({ ...kind, store })))
const named = ({ client, express, store = 'late' }) => `${client}, Express ${express}, ${store} store`

const signIns = each.map(options => ({
  title: `a first sign-in has its body and its cookie, by which the next request is known (${named(options)})`,
  see: 'signIn',
  options,
  expected: {
    first: { status: 201, body: '{"user":"ada"}', names: ['connect.sid'] },
    second: { status: 200, body: '{"user":"ada"}' },
    held: [{ user: 'ada' }],
  },
}))

const streams = each.map(options => ({
  title: `a streamed body is whole, with the cookie in its head (${named(options)})`,
  see: 'stream',
  options,
  expected: {
    status: 200,
    body: 'one, two, three',
    names: ['connect.sid'],
    held: [{ isStreaming: true }],
  },
}))

// express-session sends the answer as written.
const failures = kinds.map(options => ({
  title: `a sign-in that cannot be stored is an error response (${named(options)})`,
  see: 'failedSave',
  options,
  ours: true,
  expected: { status: 503, body: '"no"', names: [] },
}))

// light-my-request leaves real requests of its process broken, so each has a process of its own.
for (const client of clients) {
  const cases = [...signIns, ...streams, ...failures].filter(({ options }) => options.client === client)
  describeObserved(client, 'mocks.js', cases)
}
