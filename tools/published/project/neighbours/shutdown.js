import { once } from 'node:events'
import { Agent, createServer, get } from 'node:http'
import { text } from 'node:stream/consumers'
import gracefulShutdown from 'http-graceful-shutdown'
import { createHttpTerminator } from 'http-terminator'
import stoppable from 'stoppable'
import { expresses, namesOf, serving } from './serving.js'
import { openSession } from './stores.js'

/** Each makes a function that closes the server and answers when that is done. */
const closers = {
  'server.close': server => () => new Promise(resolve => server.close(resolve)),
  'http-terminator': server => {
    const terminator = createHttpTerminator({ server, gracefulTerminationTimeout: 2_000 })
    return () => terminator.terminate()
  },
  stoppable: server => {
    const { stop } = stoppable(server, 2_000)
    return () => new Promise(resolve => stop.call(server, resolve))
  },
  'http-graceful-shutdown': server =>
    gracefulShutdown(server, { forceExit: false, timeout: 2_000, signals: '' }),
}

/** A server that is closed while an answer waits for its save: what the visitor has, and whether the server closed. */
export function closeMeanwhile({ closer, express, kind }) {
  const sessions = openSession('late')
  const app = expresses[express]()
  app.use(sessions.middleware)
  app.get('/page', (request, response) => {
    request.session.user = 'ada'
    response.json('a page')
  })
  app.get('/redirect', (request, response) => {
    request.session.user = 'ada'
    response.redirect('/page')
  })
  const server = createServer(app)
  const close = closers[closer](server)
  return serving(server, async origin => {
    const open = sessions.store.close()
    const asked = once(sessions.store, 'asked set')
    const answering = visit(`${origin}/${kind}`)
    await asked
    const closing = close()
    await new Promise(setImmediate)
    open()
    const { status, body, cookies } = await answering
    await closing
    return {
      status,
      body,
      names: namesOf(cookies),
      isListening: server.listening,
      held: await sessions.held(),
    }
  })
}

/** A visitor whose browser keeps its connection for the next request, and goes away once it has the answer. */
async function visit(url) {
  const agent = new Agent({ keepAlive: true })
  const [response] = await once(get(url, { agent }), 'response')
  const body = await text(response)
  agent.destroy()
  return { status: response.statusCode, body, cookies: response.headers['set-cookie'] ?? [] }
}
