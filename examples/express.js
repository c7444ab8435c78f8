import express from 'express'
import session from 'sojourn'

const app = express()
app.use(session({ secret: process.env.SESSION_SECRET, cookie: { maxAge: 86_400_000 } }))

app.get('/', (request, response) => {
  request.session.views = (request.session.views ?? 0) + 1
  response.send(`Hello ${request.session.user ?? 'stranger'}, view ${request.session.views}.\n`)
})
app.post('/sign-in', async (request, response) => {
  await request.session.regenerate()
  request.session.user = 'Ada'
  response.redirect('/')
})
app.post('/sign-out', async (request, response) => {
  await request.session.destroy()
  response.send('Goodbye.\n')
})

export const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1')
