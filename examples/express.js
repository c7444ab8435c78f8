import express from 'express'
import session, { openStore } from 'sojourn'

const app = express()
const store = openStore(process.env.SESSION_STORE ?? 'lmdb:./data/sessions')
app.use(session({ store, secret: process.env.SESSION_SECRET, cookie: { maxAge: 86_400_000 } }))

app.get('/', (request, response) => {
  request.session.views = (request.session.views ?? 0) + 1
  response.send(`Hello ${request.session.subject ?? 'stranger'}, view ${request.session.views}.\n`)
})
app.post('/sign-in', async (request, response) => {
  await request.session.signIn('ada', { keep: ['views'] })
  response.redirect('/')
})
app.post('/sign-out', async (request, response) => {
  await request.session.signOut()
  response.send('Goodbye.\n')
})

export const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1')
