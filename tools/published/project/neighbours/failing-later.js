import { ask, expresses, namesOf, requireOnExpress4, serving } from './serving.js'
import { openSession } from './stores.js'

/** Routes that answer, and fail then. */
const failures = {
  throws: async (response, page) => {
    response.json(page)
    throw new Error('too late')
  },
  'throws a turn later': async (response, page) => {
    response.json(page)
    await new Promise(setImmediate)
    throw new Error('too late')
  },
  'calls next with an error': (response, page, next) => {
    response.json(page)
    next(new Error('too late'))
  },
}

const errorHandlers = {
  none: () => {},
  careful: app =>
    // biome-ignore lint/complexity/useMaxParams: Express tells an error handler by its four parameters.
    app.use((error, _request, response, next) => {
      if (response.headersSent) return next(error)
      response.status(500).json('failed')
    }),
  careless: app =>
    // biome-ignore lint/complexity/useMaxParams: Express tells an error handler by its four parameters.
    app.use((_error, _request, response, _next) => {
      try {
        response.status(500).json('failed')
      } catch {
        // Node refuses a second head.
      }
    }),
}

/** What the visitor has of an answer whose route fails afterwards, and what is stored. */
export function answerThenFail({ failure, express, errorHandler, store, length, isPatched }) {
  if (isPatched) requireOnExpress4('express-async-errors')
  const sessions = openSession(store)
  const page = 'x'.repeat(length)
  const app = expresses[express]()
  app.set('env', 'test')
  app.use(sessions.middleware)
  app.get('/', (request, response, next) => {
    request.session.user = 'ada'
    return failures[failure](response, page, next)
  })
  errorHandlers[errorHandler](app)
  return serving(app, async origin => {
    const { status, body, cookies } = await ask(origin, '/').catch(error => ({
      body: error.message,
      cookies: [],
    }))
    const isWhole = body === JSON.stringify(page)
    return { status, isWhole, names: namesOf(cookies), held: await sessions.held() }
  })
}
