import util from 'node:util'
import cookieParser from 'cookie-parser'
import { csrfSync } from 'csrf-sync'
import expressFlash from 'express-flash'
import { rateLimit } from 'express-rate-limit'
import helmet from 'helmet'
import lusca from 'lusca'
import methodOverride from 'method-override'
import passport from 'passport'
import { Strategy } from 'passport-local'
import { answerError, ask, expresses, sentBack, serving } from './serving.js'
import { openSession } from './stores.js'

// connect-flash 0.1.1 reads `util.isArray` when it is loaded, which Node 23 removed.
util.isArray ??= Array.isArray
const { default: flash } = await import('connect-flash')

passport.use(
  new Strategy((name, _password, done) =>
    done(null, name === 'ada' ? { id: name } : false, { message: 'no' }),
  ),
)
passport.serializeUser((user, done) => done(null, user.id))
passport.deserializeUser((id, done) => done(null, { id }))

const { csrfSynchronisedProtection, generateToken } = csrfSync()

/** What is mounted: before the session, and behind it. */
const kits = {
  'connect-flash': () => ({ behind: [flash()] }),
  'express-flash': () => ({ behind: [expressFlash()] }),
  'csrf-sync': () => ({ behind: [csrfSynchronisedProtection], tokenOf: request => generateToken(request) }),
  lusca: () => ({
    behind: [lusca({ csrf: true, xframe: 'DENY' })],
    tokenOf: (_request, response) => response.locals._csrf,
  }),
  'method-override': () => ({ before: [methodOverride('_method')], query: '?_method=DELETE' }),
  'cookie-parser': () => ({ before: [cookieParser('a secret of thirty-two bytes and more')] }),
  helmet: () => ({ before: [helmet()] }),
  'express-rate-limit': () => ({
    behind: [rateLimit({ limit: 5, keyGenerator: request => request.sessionID, validate: false })],
  }),
}

function appOn(express, { before = [], behind = [], tokenOf = () => '' }, middleware) {
  const app = expresses[express]()
  app.use(express === 4 ? expresses[4].urlencoded({ extended: false }) : expresses[5].urlencoded())
  app.use(...before, middleware)
  app.use(passport.session(), ...behind, (_request, _response, next) => next())
  app.get('/login', (request, response) =>
    response.json({ token: tokenOf(request, response), notes: notesOf(request) }),
  )
  app.post(
    '/login',
    passport.authenticate('local', { successRedirect: '/account', failureRedirect: '/login' }),
  )
  app.get('/account', (request, response) =>
    response.json({ user: request.user?.id ?? null, notes: notesOf(request) }),
  )
  const signOut = (request, response, next) => {
    request.flash?.('info', 'signed out')
    request.logout(error => (error ? next(error) : response.redirect('/login')))
  }
  app.delete('/login', signOut)
  app.post('/logout', signOut)
  app.use(answerError)
  return app
}

function notesOf(request) {
  return request.flash?.('info') ?? []
}

/** Signs in and out with a kit mounted. */
export function signInAndOut({ kit, express, store }) {
  const sessions = openSession(store)
  const mounted = kits[kit]()
  return serving(appOn(express, mounted, sessions.middleware), async origin => {
    const visitor = visitorOf(origin)
    const { token } = JSON.parse((await visitor.get('/login')).body)
    const login = await visitor.post('/login', { username: 'ada', password: 'x', _csrf: token }, token)
    const signedIn = visitor.cookie()
    const account = await visitor.get('/account')
    const renewed = JSON.parse((await visitor.get('/login')).body).token
    const path = mounted.query ? `/login${mounted.query}` : '/logout'
    const logout = await visitor.post(path, { _csrf: renewed }, renewed)
    const old = await ask(origin, '/account', { cookie: signedIn })
    const after = await visitor.get('/account')
    return {
      statuses: [login.status, account.status, logout.status],
      users: [account, after, old].map(({ body, status }) =>
        status === 200 ? JSON.parse(body).user : status,
      ),
      isIdNew: signedIn !== visitor.cookie(),
    }
  })
}

/** A browser that keeps its cookies. */
function visitorOf(origin) {
  let cookie
  const send = async (path, options) => {
    const answer = await ask(origin, path, { ...options, cookie })
    if (answer.cookies.length > 0) cookie = sentBack(answer.cookies)
    return answer
  }
  return {
    cookie: () => cookie,
    get: path => send(path, {}),
    post: (path, fields, token) =>
      send(path, {
        method: 'POST',
        body: new URLSearchParams(fields),
        headers: { 'x-csrf-token': token },
      }),
  }
}

/** Six requests of one session, where five are allowed. */
export function limited({ store }) {
  const { middleware } = openSession(store, { saveUninitialized: true })
  const app = appOn(5, kits['express-rate-limit'](), middleware)
  return serving(app, async origin => {
    const visitor = visitorOf(origin)
    const statuses = []
    for (let count = 0; count < 7; count += 1) statuses.push((await visitor.get('/account')).status)
    return statuses
  })
}

/** The headers of an answer, and of an answer that cannot be stored. */
export function protectedHeaders({ isFailing }) {
  const sessions = openSession('late')
  if (isFailing) sessions.store.failing.add('set')
  return serving(appOn(5, kits.helmet(), sessions.middleware), async origin => {
    const { status, headers } = await visitorOf(origin).post('/login', { username: 'ada', password: 'x' }, '')
    const names = ['content-security-policy', 'x-content-type-options', 'location', 'set-cookie']
    return { status, has: names.filter(name => headers.has(name)) }
  })
}
