import { promisify } from 'node:util'
import express from 'express'
import { ask, sentBack } from './serving.js'

/** An app with a sign-in and a sign-out. */
export function appOn(middleware) {
  const app = express()
  app.use(middleware)
  app.post('/sign-in', (request, response) => {
    request.session.user = 'ada'
    response.json('signed in')
  })
  app.post('/sign-out', (request, response, next) => {
    request.session.destroy(error => (error ? next(error) : response.json('signed out')))
  })
  app.get('/who', (request, response) => response.json({ ...request.session, cookie: undefined }))
  return app
}

/** Lets a socket ask about the session of the request that it began with, reload it, and save it. */
export function addEvents(socket) {
  const { request } = socket
  const on = (name, work) =>
    socket.on(name, answer => work().then(answer, error => answer({ error: error.message })))
  on('who', async () => ({ hasSession: Boolean(request.session), user: request.session?.user ?? null }))
  on('reload', async () => {
    await called(request.session, 'reload')
    return { user: request.session.user ?? null, count: request.session.count ?? null }
  })
  on('count', async () => {
    request.session.count = (request.session.count ?? 0) + 1
    await called(request.session, 'save')
    return { count: request.session.count }
  })
}

function called(session, name) {
  return promisify(callback => session[name](callback))()
}

/** Signs in over HTTP and answers the cookie. */
export async function signIn(origin) {
  const { cookies } = await ask(origin, '/sign-in', { method: 'POST' })
  return sentBack(cookies)
}
