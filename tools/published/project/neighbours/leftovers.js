import { once } from 'node:events'
import { Agent, createServer, get } from 'node:http'
import { text } from 'node:stream/consumers'
import { expresses, serving } from './serving.js'
import { openSession } from './stores.js'

/** What a connection and the process carry after the first and after the hundredth request on it. */
export function afterMany({ express, store }) {
  const { middleware } = openSession(store)
  const app = expresses[express]()
  app.use(middleware)
  app.get('/', (request, response) => {
    request.session.count = (request.session.count ?? 0) + 1
    response.json(request.session.count)
  })
  const server = createServer(app)
  const sockets = []
  server.on('connection', socket => sockets.push(socket))
  return serving(server, origin => visitOften(origin, sockets))
}

async function visitOften(origin, sockets) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const visitor = { agent, headers: {} }
  for (let count = 0; count < 2; count += 1) await visit(origin, visitor)
  const before = carriedBy(sockets[0])
  let body
  for (let count = 2; count < 100; count += 1) body = await visit(origin, visitor)
  const after = carriedBy(sockets[0])
  agent.destroy()
  return {
    body,
    connections: sockets.length,
    isSame: JSON.stringify(before) === JSON.stringify(after),
    before: before.own,
  }
}

async function visit(origin, visitor) {
  const [response] = await once(get(origin, visitor), 'response')
  const body = await text(response)
  const [line] = response.headers['set-cookie'] ?? []
  if (line) visitor.headers = { cookie: line.split(';', 1)[0] }
  // The connection is free again a turn later.
  await new Promise(setImmediate)
  return body
}

/** The names and listeners of a connection, and the timers of the process that keep it running. */
function carriedBy(socket) {
  const listeners = socket.eventNames().map(name => [String(name), socket.listenerCount(name)])
  return {
    own: Object.hasOwn(socket, 'destroy'),
    names: Reflect.ownKeys(socket).map(String).sort(),
    listeners: listeners.sort(),
    timers: process.getActiveResourcesInfo().filter(name => name === 'Timeout').length,
  }
}

/** What Node's prototypes have besides their own after a process has served sessions. */
export async function prototypes() {
  const { IncomingMessage, ServerResponse, OutgoingMessage } = await import('node:http')
  const { Http2ServerRequest, Http2ServerResponse } = await import('node:http2')
  const kinds = [IncomingMessage, ServerResponse, OutgoingMessage, Http2ServerRequest, Http2ServerResponse]
  const names = ['session', 'sessionID', 'sessionStore']
  return kinds.flatMap(({ prototype }) => names.filter(name => name in prototype))
}
