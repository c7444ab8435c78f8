import express from 'express'
import session from 'express-session'
import { addRecordRoutes, appOptions, serve } from './serve.js'
import { openStore } from './stores.js'

const opened = await openStore(appOptions)
const app = express()
addRecordRoutes(app, opened)
app.use(express.json())
app.use(
  session({
    secret: appOptions.secrets,
    store: opened.store,
    resave: false,
    saveUninitialized: false,
    cookie: { maxAge: 3_600_000, sameSite: 'lax' },
  }),
)

app.get('/who', (request, response) => {
  const { user, views } = request.session
  response.json({ user, views })
})

app.get('/id', (request, response) => {
  response.json([request.sessionID, request.session.id])
})

app.post('/sign-in', (request, response) => {
  request.session.user = request.body.user
  response.json('signed in')
})

app.get('/count', (request, response) => {
  request.session.views = (request.session.views ?? 0) + 1
  response.json(request.session.views)
})

app.post('/basket', (request, response) => {
  request.session.basket = request.body
  response.json(request.session)
})

app.post('/basket/items', (request, response) => {
  request.session.basket.items.push(request.body)
  response.json(request.session.basket)
})

app.delete('/basket', (request, response) => {
  delete request.session.basket
  response.json(Object.keys(request.session))
})

app.post('/save', (request, response, next) => {
  request.session.savedBy = 'hand'
  request.session.save(error => (error ? next(error) : response.json('saved')))
})

app.post('/reload', (request, response, next) => {
  request.session.user = 'never written'
  request.session.reload(error => (error ? next(error) : response.json(request.session.user)))
})

app.post('/ten-minutes', (request, response) => {
  request.session.cookie.maxAge = 600_000
  request.session.remembered = false
  response.json('ten minutes')
})

app.get('/stored', (request, response, next) => {
  request.sessionStore.get(request.session.id, (error, stored) =>
    error ? next(error) : response.json(stored),
  )
})

app.post('/regenerate', (request, response, next) => {
  const { user } = request.session
  request.session.regenerate(error => {
    if (error) return next(error)
    request.session.user = user
    response.json('regenerated')
  })
})

app.post('/sign-out', (request, response, next) => {
  request.session.destroy(error => (error ? next(error) : response.json('signed out')))
})

serve(app)
