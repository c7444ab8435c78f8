import express from 'express'
import inject from 'light-my-request'
import session from 'sojourn'
import { sessionCookie } from 'sojourn/testing'
import { expect, test } from 'vitest'

// It leaves real requests of its process broken, and so has a file of its own.
test('an injected request is signed in by the header of a prepared cookie', async () => {
  const app = express()
  const middleware = session({ secret: 'a secret that only these tests know' })
  app.use(middleware)
  app.get('/', (request, response) => void response.json({ subject: request.session.subject }))
  const cookie = await sessionCookie(middleware.sessions, { subject: 'ada' })
  const asked = { url: '/', headers: { cookie: cookie.header } }
  expect((await inject(app, asked)).json()).toEqual({ subject: 'ada' })
})
