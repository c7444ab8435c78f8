// The classic CommonJS app with Passport, as its own documentation lays it out.
const cookieParser = require('cookie-parser')
const express = require('express')
const session = require('express-session')
const passport = require('passport')
const { Strategy } = require('passport-local')
const util = require('node:util')

// connect-flash 0.1.1 reads `util.isArray` when it is loaded, which Node 23 removed.
if (!util.isArray) util.isArray = Array.isArray
const flash = require('connect-flash')

const members = new Map([['ada', { id: '17', name: 'ada', password: 'lovelace' }]])

passport.use(
  new Strategy((name, password, done) => {
    const member = members.get(name)
    if (member?.password !== password) return done(null, false, { message: 'Wrong name or password.' })
    done(null, member)
  }),
)
passport.serializeUser((member, done) => done(null, member.id))
passport.deserializeUser((id, done) =>
  done(null, [...members.values()].find(member => member.id === id) ?? false),
)

/** Lets every write of the store take as long as a far-away database would. */
function slowDown(store, delayMs) {
  const { set } = store
  store.set = (...parameters) => {
    setTimeout(() => set.apply(store, parameters), delayMs)
  }
}

function membersApp(opened, { secrets }) {
  const app = express()
  app.use(express.urlencoded({ extended: false }), cookieParser())
  app.use(session({ secret: secrets, store: opened.store, resave: false, saveUninitialized: false }))
  app.use(flash(), passport.session())
  addRoutes(app)
  return app
}

function addRoutes(app) {
  app.get('/login', (request, response) => response.json({ errors: request.flash('error') }))
  app.post('/login', passport.authenticate('local', loginRedirects))
  app.post('/login-with-basket', logInKeepingTheBasket)
  app.get('/account', requireMember, showAccount)
  app.get('/id', (request, response) => response.json(request.sessionID))
  app.post('/basket', fillBasket)
  app.post('/logout', logOut)
}

const loginRedirects = { successRedirect: '/account', failureRedirect: '/login', failureFlash: true }

function requireMember(request, response, next) {
  if (request.isAuthenticated()) return next()
  response.redirect('/login')
}

function showAccount(request, response) {
  response.json({ name: request.user.name, basket: request.session.basket })
}

function fillBasket(request, response) {
  request.session.basket = request.body.item
  response.json('kept')
}

function logInKeepingTheBasket(request, response, next) {
  const answer = (error, member) => {
    if (error || !member) return next(error ?? new Error('no such member'))
    request.logIn(member, { keepSessionInfo: true }, failure => {
      if (failure) return next(failure)
      response.redirect('/account')
    })
  }
  passport.authenticate('local', answer)(request, response, next)
}

function logOut(request, response, next) {
  request.logout(error => (error ? next(error) : response.redirect('/login')))
}

async function main() {
  const { addRecordRoutes, appOptions, serve } = await import('./serve.js')
  const { openStore } = await import('./stores.js')
  const opened = await openStore(appOptions)
  if (appOptions.writeDelayMs) slowDown(opened.store, appOptions.writeDelayMs)
  const outer = express()
  addRecordRoutes(outer, opened)
  outer.use(membersApp(opened, appOptions))
  serve(outer)
}

main().catch(error => {
  console.error(error)
  process.exit(1)
})
