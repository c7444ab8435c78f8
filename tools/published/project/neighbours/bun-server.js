// An app on node:http, as Bun runs it. It says its port on the first line of its output.
import { createServer } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { expresses } from './serving.js'
import { openSession } from './stores.js'

const { store, express } = JSON.parse(process.argv[2])
const sessions = openSession(store)

const plain = createServer((request, response) => {
  sessions.middleware(request, response, () => route(request, response))
})

async function route(request, response) {
  if (request.url === '/sign-in') {
    request.session.user = 'ada'
    response.statusCode = 201
    response.end('signed in')
  } else if (request.url === '/stream') {
    request.session.isStreaming = true
    response.write('one, ')
    await pause(5)
    response.end('two')
  } else response.end(request.session.user ?? 'nobody')
}

function withExpress() {
  const app = expresses[express]()
  app.use(sessions.middleware, (request, response, next) => {
    if (request.url !== '/redirect') return void route(request, response).catch(next)
    request.session.went = true
    response.redirect('/')
  })
  return createServer(app)
}

const server = express ? withExpress() : plain
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
