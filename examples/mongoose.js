// Sessions in the MongoDB that Mongoose has connected to.
import express from 'express'
import mongoose from 'mongoose'
import session from 'sojourn'
import { mongoStore } from 'sojourn/mongodb'

/** Makes the application. Mongoose may connect later: the first request then waits for it. */
export function application(secret) {
  const app = express()
  const store = mongoStore({ client: mongoose.connection })
  const sessions = session({ secret, store, cookie: { maxAge: 86_400_000 } })
  app.use(sessions)

  app.get('/', (request, response) => {
    request.session.views = (request.session.views ?? 0) + 1
    response.send(`You have been here ${request.session.views} times.\n`)
  })

  app.post('/sign-in/:user', async (request, response) => {
    await request.session.signIn(request.params.user)
    response.send(`Hello, ${request.session.subject}.\n`)
  })

  // A change of the user's role reaches all of their sessions.
  app.post('/promote/:user', async (request, response) => {
    const changed = await sessions.sessions
      .of(request.params.user)
      .update(data => Object.assign(data, { role: 'editor' }))
    response.send(`${changed} sessions changed.\n`)
  })
  return app
}
