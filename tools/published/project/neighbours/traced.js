import { answerError, expresses } from './serving.js'
import { openSession } from './stores.js'
import { watch } from './watching.js'

/** The spans of a sign-in before its save is done, and after it. */
export async function spans({ express, isFailing }) {
  const { takeStatuses } = await import('./tracing.js')
  const sessions = openSession('late')
  const app = expresses[express]()
  app.use(sessions.middleware)
  app.post('/sign-in', (request, response) => {
    request.session.user = 'ada'
    response.status(201).json('signed in')
  })
  app.use(answerError)
  return watch({ app, store: sessions.store, isFailing, take: takeStatuses })
}
