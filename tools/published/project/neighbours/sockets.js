import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { Server } from 'socket.io'
import { io as connectTo } from 'socket.io-client'
import { WebSocket } from 'ws'
import { ask, namesOf, sentBack, serving } from './serving.js'
import { addEvents, appOn, signIn } from './socket-app.js'
import { openSession } from './stores.js'

/** An app with Socket.IO beside it, both on one session, as Socket.IO's documentation lays it out. */
function serveSocketIo(sessions, work) {
  const app = appOn(sessions.middleware)
  const server = createServer(app)
  const io = new Server(server)
  io.engine.use(sessions.middleware)
  io.engine.use((request, response, next) => {
    if (request.headers['x-write']) request.session.writtenBy = 'handshake'
    if (request.headers['x-refuse']) response.end('no entrance')
    else next()
  })
  io.on('connection', addEvents)
  // It waits half a minute for a polling client who has gone, and would keep this process as long.
  io.engine.on('connection', socket => Object.assign(socket.transport, { closeTimeout: 100 }))
  return serving(server, async origin => {
    try {
      return await work(origin, io)
    } finally {
      io.disconnectSockets(true)
      await io.close()
    }
  })
}

async function connected(origin, { transport, cookie }) {
  const extraHeaders = cookie ? { cookie } : {}
  const socket = connectTo(origin, {
    transports: [transport],
    extraHeaders,
    reconnection: false,
    forceNew: true,
  })
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('connect_error', reject))
  return { say: name => socket.timeout(2_000).emitWithAck(name), close: () => socket.disconnect() }
}

/** A client who is signed in, or nobody, and what of them is stored afterwards. */
export function visit({ transport, store, isSignedIn }) {
  const sessions = openSession(store)
  return serveSocketIo(sessions, async origin => {
    const cookie = isSignedIn ? await signIn(origin) : undefined
    const socket = await connected(origin, { transport, cookie })
    const who = await socket.say('who')
    socket.close()
    return { who, held: await sessions.held() }
  })
}

/** A browser's way: polling first, and then WebSocket on the same session. */
export function upgrade({ store }) {
  const sessions = openSession(store)
  return serveSocketIo(sessions, async origin => {
    const extraHeaders = { cookie: await signIn(origin) }
    const socket = connectTo(origin, { extraHeaders, reconnection: false, forceNew: true })
    await new Promise(resolve => socket.once('connect', resolve))
    await eventually(
      () => socket.io.engine.transport.name,
      name => name === 'websocket',
    )
    const who = await socket.timeout(2_000).emitWithAck('who')
    const transport = socket.io.engine.transport.name
    socket.disconnect()
    return { transport, who }
  })
}

/** A session that begins in the handshake: what its head says, what is stored, and whether the cookie finds it. */
export function handshake({ transport, store }) {
  const sessions = openSession(store)
  return serveSocketIo(sessions, async origin => {
    const cookies = await handshakeCookies(origin, transport)
    const held = await eventually(sessions.held, list => list.length > 0)
    const { body } = await ask(origin, '/who', { cookie: sentBack(cookies) })
    return { names: namesOf(cookies), held, found: JSON.parse(body) }
  })
}

/** A middleware behind the session that answers in the place of Socket.IO, and changes the session before. */
export function refusal({ transport, store }) {
  const sessions = openSession(store)
  return serveSocketIo(sessions, async origin => {
    const socket = connect({ port: new URL(origin).port, host: '127.0.0.1' })
    await once(socket, 'connect')
    socket.write(handshakeText({ transport, headers: 'X-Refuse: 1\r\nX-Write: 1' }))
    socket.resume()
    await once(socket, 'end')
    socket.destroy()
    return { held: await sessions.held() }
  })
}

async function handshakeCookies(origin, transport) {
  const path = `/socket.io/?EIO=4&transport=${transport}`
  if (transport === 'polling') return (await ask(origin, path, { headers: { 'x-write': '1' } })).cookies
  const client = new WebSocket(origin.replace('http', 'ws') + path, { headers: { 'x-write': '1' } })
  const [response] = await once(client, 'upgrade')
  client.terminate()
  return response.headers['set-cookie'] ?? []
}

async function eventually(look, isDue) {
  for (let tries = 0; tries < 50; tries += 1) {
    const seen = await look()
    if (isDue(seen)) return seen
    await pause(5)
  }
  return look()
}

/** What the socket and the pages see of each other. */
export function reloadAndSave({ transport, store }) {
  return serveSocketIo(openSession(store), async origin => {
    const cookie = await signIn(origin)
    const socket = await connected(origin, { transport, cookie })
    const counts = [await socket.say('count'), await socket.say('reload'), await socket.say('count')]
    const { body } = await ask(origin, '/who', { cookie })
    socket.close()
    return { counts, page: JSON.parse(body) }
  })
}

/** A logout on a page, and what the socket that is still connected can do after it. */
export function logout({ transport, store, then }) {
  const sessions = openSession(store)
  return serveSocketIo(sessions, async origin => {
    const cookie = await signIn(origin)
    const socket = await connected(origin, { transport, cookie })
    await socket.say('who')
    await ask(origin, '/sign-out', { method: 'POST', cookie })
    const { error } = await socket.say(then)
    socket.close()
    return { isRefused: error !== undefined, held: await sessions.held() }
  })
}

/** Whether the server still serves after much has gone wrong. */
export function troubles() {
  const sessions = openSession('late')
  return serveSocketIo(sessions, async (origin, io) => {
    const cookie = await signIn(origin)
    await Promise.all(Array.from({ length: 10 }, () => goAway(origin, cookie)))
    const refused = await withoutStore(origin, sessions.store, cookie)
    for (const transport of ['websocket', 'polling']) (await connected(origin, { transport })).close()
    const socket = await connected(origin, { transport: 'websocket', cookie })
    const who = await socket.say('who')
    socket.close()
    await eventually(
      async () => io.engine.clientsCount,
      count => count === 0,
    )
    return { refused, who, clientsLeft: io.engine.clientsCount }
  })
}

/** A client that goes away in the middle of its handshake. */
async function goAway(origin, cookie) {
  const socket = connect({ port: new URL(origin).port, host: '127.0.0.1' })
  await once(socket, 'connect')
  socket.write(handshakeText({ transport: 'websocket', headers: `X-Write: 1\r\nCookie: ${cookie}` }))
  await pause(1)
  socket.destroy()
}

/** A handshake as it travels, of a client who says that nothing more follows. */
function handshakeText({ transport, headers }) {
  const upgrade = `Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==`
  const connection = transport === 'websocket' ? `Connection: Upgrade\r\n${upgrade}` : 'Connection: close'
  return `GET /socket.io/?EIO=4&transport=${transport} HTTP/1.1\r\nHost: x\r\n${connection}\r\n${headers}\r\n\r\n`
}

async function withoutStore(origin, store, cookie) {
  store.failing.add('get').add('set')
  const attempts = ['websocket', 'polling'].map(transport =>
    connected(origin, { transport, cookie }).then(
      socket => socket.close() ?? 'connected',
      () => 'refused',
    ),
  )
  const answers = await Promise.all(attempts)
  await handshakeCookies(origin, 'websocket')
  store.failing.clear()
  return answers
}
