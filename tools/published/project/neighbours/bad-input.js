import { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { openSession } from './stores.js'

const throwing = () => {
  const refuse = () => {
    throw new Error('refused')
  }
  return new Proxy(
    {},
    { get: refuse, set: refuse, has: refuse, defineProperty: refuse, deleteProperty: refuse },
  )
}
const inert = () =>
  new Proxy({}, { set: () => false, defineProperty: () => false, deleteProperty: () => false })
const without =
  (make, ...names) =>
  () => {
    const message = make()
    for (const name of names)
      Object.defineProperty(message, name, { value: undefined, writable: true, configurable: true })
    return message
  }

function nodeRequest() {
  const request = new IncomingMessage(null)
  return Object.assign(request, { method: 'GET', url: '/', headers: {} })
}

const nodeResponse = () => new ServerResponse(nodeRequest())

/** A response like Socket.IO's: some methods, and no events. */
function fewMethods() {
  const headers = new Map()
  return {
    setHeader: (name, value) => headers.set(name, value),
    getHeader: name => headers.get(name),
    removeHeader: name => headers.delete(name),
    write() {},
    writeHead() {},
    end() {},
  }
}

const requests = {
  'a bare object': () => ({}),
  nothing: () => undefined,
  null: () => null,
  text: () => 'GET /',
  'no prototype': () => Object.assign(Object.create(null), { url: '/', headers: Object.create(null) }),
  'no headers': () => ({ url: '/' }),
  'headers that are null': () => ({ url: '/', headers: null }),
  'a cookie header that is a list': () => ({ url: '/', headers: { cookie: ['connect.sid=s%3Ax.y'] } }),
  'a url that is no text': () => ({ url: 17, headers: {} }),
  'no socket': without(nodeRequest, 'socket'),
  'no httpVersionMajor': without(nodeRequest, 'httpVersionMajor'),
  frozen: () => Object.freeze(nodeRequest()),
  sealed: () => Object.seal({ url: '/', headers: {} }),
  'a session that cannot be set': () =>
    Object.defineProperty(nodeRequest(), 'session', { get: () => undefined }),
  'a Proxy that throws': throwing,
  'a Proxy that refuses': inert,
  "Node's own": nodeRequest,
}

const responses = {
  'a bare object': () => ({}),
  nothing: () => undefined,
  null: () => null,
  text: () => 'HTTP',
  'no prototype': () => Object.create(null),
  'few methods': fewMethods,
  'no getHeader': without(nodeResponse, 'getHeader', 'getHeaders', 'getHeaderNames', 'hasHeader'),
  'no setHeader': without(nodeResponse, 'setHeader', 'removeHeader', 'appendHeader', 'setHeaders'),
  'few methods and no writeHead': without(fewMethods, 'writeHead'),
  'a bare socket': () => ({ ...fewMethods(), socket: {} }),
  'a frozen socket': () => ({ ...fewMethods(), socket: Object.freeze({ destroy() {} }) }),
  'no events': without(nodeResponse, 'on', 'once', 'emit'),
  'no headersSent': without(nodeResponse, 'headersSent'),
  'only end': () => ({ end() {} }),
  'only end and write': () => ({ end() {}, write() {} }),
  'methods that are no functions': () => ({ end: 1, write: 'x', writeHead: {}, flushHeaders: null }),
  frozen: () => Object.freeze(nodeResponse()),
  sealed: () => Object.seal(fewMethods()),
  'a Proxy that throws': throwing,
  'a Proxy that refuses': inert,
  "Node's own": nodeResponse,
}

/** Which pairs of messages end in something else than one call of `next` and a route that can answer. */
export async function problems({ store, answer }) {
  const sessions = openSession(store)
  const trials = Object.entries(requests).flatMap(([request, makeRequest]) =>
    Object.entries(responses).map(async ([response, makeResponse]) => {
      const problem = await tried({ sessions, store }, [makeRequest, makeResponse], answer)
      return problem && `request: ${request}, response: ${response}: ${problem}`
    }),
  )
  return (await Promise.all(trials)).filter(Boolean)
}

async function tried({ sessions, store }, makes, answer) {
  const messages = makes.map(make => make())
  const calls = []
  try {
    sessions.middleware(...messages, error => calls.push(error))
    for (let turns = 0; turns < 20 && calls.length === 0; turns += 1) await pause(1)
  } catch (error) {
    return `thrown outside of next: ${error.message}`
  }
  if (calls.length !== 1) return `next was called ${calls.length} times`
  const [error] = calls
  if (error !== undefined) return error instanceof Error && error.message ? undefined : 'no clear error'
  const thrown = answered(messages, answer)
  await pause(store === 'late' ? 60 : 0)
  if (calls.length > 1) return `next was told of ${calls[1].message}`
  const thrownAnyway = answered(
    makes.map(make => make()),
    answer,
  )
  return thrown === thrownAnyway
    ? undefined
    : `thrown in the route: ${thrown}, and without a session: ${thrownAnyway}`
}

/** Lets a route use the session and answer, as far as its messages allow. Answers what was thrown. */
function answered([request, response], answer) {
  try {
    if (request?.session) request.session.user = 'ada'
    for (const [name, ...parameters] of answers[answer]) {
      if (typeof response?.[name] === 'function') response[name](...parameters)
    }
  } catch (error) {
    return error.message
  }
}

const answers = {
  'in one piece': [['end', 'done']],
  'a head and a body': [
    ['writeHead', 200, { 'X-Own': '1' }],
    ['end', 'done'],
  ],
  'a bare head': [['writeHead']],
  'a stream': [
    ['write', 'one'],
    ['end', 'two'],
  ],
}
