import compression from 'compression'
import compressionWithMarks from 'compression-1.7'
import express from 'express'
import morgan from 'morgan'
import onHeaders from 'on-headers'
import responseTime from 'response-time'
import { ask, namesOf, serving } from './serving.js'
import { openSession } from './stores.js'

/** Software on on-headers 1.0, which reads the headers of a head only where they are an object. */
const neighbours = {
  compression: () => compression({ threshold: 0 }),
  // It goes by Node's own marks of a head that has left, as what Next bundles does.
  'compression 1.7': () => compressionWithMarks({ threshold: 0 }),
  morgan: lines => morgan(':status :res[x-own]', { stream: { write: line => lines.push(line.trim()) } }),
  'response-time': () => responseTime(),
  'on-headers': () => (_request, response, next) => {
    onHeaders(response, () => response.setHeader('X-Listener', String(response.statusCode)))
    next()
  },
}

/** The heads that an application can write. */
const heads = {
  object: [201, { 'Content-Type': 'text/plain', 'X-Own': 'kept' }],
  'reason and object': [201, 'Made', { 'Content-Type': 'text/plain', 'X-Own': 'kept' }],
  'object with cookies': [201, { 'Content-Type': 'text/plain', 'X-Own': 'kept', 'Set-Cookie': ['own=1'] }],
}

/** What reaches the client of a head that was given to `writeHead`, and what Node's own method was given. */
export async function head({ neighbour, isBefore, store, form }) {
  const sessions = openSession(store)
  const lines = []
  const given = []
  const mounted = [neighbours[neighbour](lines), sessions.middleware]
  const app = express()
  app.use(spyOnHead(given), ...(isBefore ? mounted : mounted.reverse()))
  app.get('/', (request, response) => {
    request.session.user = 'ada'
    response.writeHead(...heads[form])
    response.end('a page that is long enough to be compressed, a page that is long enough')
  })
  return serving(app, async origin => {
    const { status, body, cookies, headers } = await ask(origin, '/')
    return {
      ...{ status, body: body.slice(0, 6), names: namesOf(cookies).sort(), own: headers.get('x-own') },
      ...{ type: headers.get('content-type'), stray: strayIn(headers), traces: tracesIn(headers, lines) },
      ...{ areLists: given.some(Array.isArray), held: await sessions.held() },
    }
  })
}

/** Notes what the last `writeHead` before the network is given. */
function spyOnHead(given) {
  return (_request, response, next) => {
    const { writeHead } = response
    response.writeHead = (...args) => {
      given.push(...args)
      return writeHead.apply(response, args)
    }
    next()
  }
}

/** A list that was taken for an object makes headers of its indexes. */
function strayIn(headers) {
  return [...headers.keys()].filter(name => /^\d+$/.test(name))
}

/** What each neighbour was to do. */
function tracesIn(headers, lines) {
  const {
    'content-encoding': encoding,
    'x-response-time': time,
    'x-listener': listener,
  } = Object.fromEntries(headers)
  return [encoding, time && 'timed', listener, ...lines].filter(Boolean)
}
