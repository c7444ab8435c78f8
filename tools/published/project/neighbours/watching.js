import { once } from 'node:events'
import { Writable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import expressWinston from 'express-winston'
import morgan from 'morgan'
import onFinished from 'on-finished'
import pinoHttp from 'pino-http'
import winston from 'winston'
import { answerError, ask, expresses, serving } from './serving.js'
import { openSession } from './stores.js'

/** Each makes a middleware that notes the status of every answer when it takes it for done. */
const watchers = {
  'on-finished': notes => (_request, response, next) => {
    onFinished(response, () => notes.push(response.statusCode))
    next()
  },
  morgan: notes => morgan(':status', { stream: { write: line => notes.push(Number(line)) } }),
  'pino-http': notes =>
    pinoHttp(
      { customLogLevel: (_request, _response, error) => (error ? 'error' : 'info') },
      intoLines(line => notes.push(JSON.parse(line).res.statusCode)),
    ),
  'express-winston': notes =>
    expressWinston.logger({
      transports: [new winston.transports.Stream({ stream: intoLines(line => notes.push(statusIn(line))) })],
      meta: true,
      msg: '{{res.statusCode}}',
      format: winston.format.json(),
    }),
}

function statusIn(line) {
  return Number(JSON.parse(line).message)
}

function intoLines(take) {
  return new Writable({
    write(chunk, _encoding, done) {
      take(String(chunk))
      done()
    },
  })
}

/** What a log says of a sign-in before its save is done, and after it. */
export function log({ watcher, express, isBefore, isFailing }) {
  const notes = []
  const sessions = openSession('late')
  const mounted = [watchers[watcher](notes), sessions.middleware]
  const app = expresses[express]()
  app.use(...(isBefore ? mounted : mounted.reverse()))
  app.post('/sign-in', (request, response) => {
    request.session.user = 'ada'
    response.status(201).json('signed in')
  })
  app.use(answerError)
  return watch({ app, store: sessions.store, isFailing, take: () => notes.splice(0) })
}

/** Signs in with a save that waits at a gate, and takes what was noted before and after it. */
export function watch({ app, store, isFailing, take }) {
  return serving(app, async origin => {
    if (isFailing) store.failing.add('set')
    const open = store.close()
    const asked = once(store, 'asked set')
    const answering = ask(origin, '/sign-in', { method: 'POST' })
    await asked
    await pause(20)
    const early = take()
    open()
    const { status, body } = await answering
    await pause(20)
    return { early, status, body, late: take() }
  })
}
