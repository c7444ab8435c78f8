import express, { type Request, type Response } from 'express'
import session, {
  Cookie,
  MemoryStore,
  Session,
  type SessionData,
  type SessionOptions,
  Store,
} from 'express-session'

declare module 'express-session' {
  interface SessionData {
    views: number
    user?: { name: string }
  }
}

const options: SessionOptions = {
  secret: ['newest', 'older'],
  name: 'shop.sid',
  resave: false,
  saveUninitialized: false,
  rolling: true,
  unset: 'destroy',
  proxy: true,
  genid: request => request.ip ?? 'none',
  cookie: {
    maxAge: 60_000,
    sameSite: 'lax',
    secure: 'auto',
    httpOnly: true,
    partitioned: true,
    priority: 'high',
  },
}

const app = express()
app.use(session(options))
app.use(
  session({
    secret: 'one',
    store: new session.MemoryStore(),
    cookie: request => ({ secure: request.secure }),
  }),
)

app.get('/', (request, response) => {
  request.session.views = (request.session.views ?? 0) + 1
  const { views } = request.session
  response.json({
    views,
    name: request.session.user?.name,
    id: request.sessionID.length + request.session.id.length,
  })
})

app.get('/wrong', (request, response) => {
  // @ts-expect-error a number is expected
  request.session.views = 'many'
  // @ts-expect-error nobody has declared it
  response.json(request.session.undeclared)
})

app.post('/sign-in', async (request: Request, response: Response) => {
  request.session.regenerate((error: unknown) => {
    request.session.user = { name: 'ada' }
    request.session.save(() => response.json(error))
  })
})

app.post('/sign-out', (request, response, next) => {
  request.session.touch()
  request.session.cookie.maxAge = 1000
  request.session.cookie.expires = new Date()
  request.session.reload(next)
  request.session.destroy(error => (error ? next(error) : response.redirect('/')))
})

app.get('/stored', (request, response, next) => {
  request.sessionStore.get(request.sessionID, (error, stored) => {
    const views: number | undefined = stored?.views
    return error ? next(error) : response.json(views)
  })
})

class OwnStore extends Store {
  readonly #kept = new Map<string, SessionData>()

  get(sid: string, callback: (error: unknown, session?: SessionData | null) => void): void {
    callback(undefined, this.#kept.get(sid))
  }

  set(sid: string, data: SessionData, callback?: (error?: unknown) => void): void {
    this.#kept.set(sid, data)
    callback?.()
  }

  destroy(sid: string, callback?: (error?: unknown) => void): void {
    this.#kept.delete(sid)
    callback?.()
  }
}

const store: session.Store = new OwnStore()
const expires: Date | null | undefined = new Cookie().expires
const isOurs: boolean =
  store instanceof Store && !(store instanceof MemoryStore) && !(store instanceof Session)
app.use(session({ secret: 'one', store }))
export const shown = { expires, isOurs }
