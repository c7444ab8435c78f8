import { MongoStore } from 'connect-mongo'
import connectPgSimple from 'connect-pg-simple'
import { RedisStore } from 'connect-redis'
import express from 'express'
import session from 'express-session'
import createMemoryStore from 'memorystore'
import passport from 'passport'
import { createClient } from 'redis'
import createFileStore from 'session-file-store'

const secret = 'one'
const PostgresStore = connectPgSimple(session)
const MemoryStore = createMemoryStore(session)
const FileStore = createFileStore(session)

const app = express()
app.use(session({ secret, store: new RedisStore({ client: createClient() }) }))
app.use(session({ secret, store: MongoStore.create({ mongoUrl: 'mongodb://127.0.0.1/shop' }) }))
app.use(session({ secret, store: new PostgresStore({ conString: 'postgres://127.0.0.1/shop' }) }))
app.use(session({ secret, store: new MemoryStore({ checkPeriod: 60_000 }) }))
app.use(session({ secret, store: new FileStore({ path: 'sessions' }) }))
app.use(passport.session())

app.post('/logout', (request, response, next) => {
  request.logout(error => (error ? next(error) : response.redirect(`/${request.session.views}`)))
})
