import { once } from 'node:events'
import { createServer } from 'node:http'
import { WebSocket, WebSocketServer } from 'ws'
import { serving } from './serving.js'
import { addEvents, appOn, signIn } from './socket-app.js'
import { openSession } from './stores.js'

/** The ws package as its README shows it: `{}` stands for the response. */
export function visit({ store, isSignedIn }) {
  const sessions = openSession(store)
  const server = createServer(appOn(sessions.middleware))
  const sockets = new WebSocketServer({ noServer: true })
  server.on('upgrade', (request, socket, head) => {
    sessions.middleware(request, {}, error => {
      if (error) return socket.destroy()
      sockets.handleUpgrade(request, socket, head, client => answerOn(client, request))
    })
  })
  return serving(server, async origin => {
    const cookie = isSignedIn ? await signIn(origin) : undefined
    const answers = await talk(origin, cookie, ['who', 'count', 'reload'])
    return { answers, held: await sessions.held() }
  })
}

function answerOn(client, request) {
  addEvents({
    request,
    on: (name, work) =>
      client.on('message', text => {
        if (String(text) === name) work(answer => client.send(JSON.stringify(answer)))
      }),
  })
}

async function talk(origin, cookie, words) {
  const client = new WebSocket(origin.replace('http', 'ws'), { headers: cookie ? { cookie } : {} })
  await once(client, 'open')
  const answers = []
  for (const word of words) {
    client.send(word)
    const [text] = await once(client, 'message')
    answers.push(JSON.parse(String(text)))
  }
  client.terminate()
  return answers
}
