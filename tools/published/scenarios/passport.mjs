import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Browser } from '../browser.mjs'
import { startApp } from '../running-app.mjs'
import { expectSameSteps, Transcript } from '../transcript.mjs'
import { freshData, isMoved, mongoAbsence, original, secrets, subject } from './environment.mjs'

const right = { username: 'ada', password: 'lovelace' }
const wrong = { username: 'ada', password: 'babbage' }

const stores = [
  { title: 'the MemoryStore that we export', options: { store: 'MemoryStore' } },
  { title: 'a MemoryStore that takes 100 ms to write', options: { store: 'MemoryStore', writeDelayMs: 100 } },
  { title: 'memorystore', options: { store: 'memorystore' } },
  { title: 'session-file-store', options: { store: 'session-file-store' } },
  { title: 'connect-mongo', options: { store: 'connect-mongo' }, test: { skip: mongoAbsence ?? false } },
]

for (const { title, options, test: testOptions = {} } of stores) {
  describe(`Passport on ${title}`, testOptions, () => describeMembers(options))
}

function describeMembers(options) {
  const given = scenario => () => withApp(subject, options, scenario)

  test('signing in changes the id, and the page behind the redirect knows the member', given(signInAndFollow))
  test('the page for members sends a stranger to the sign-in', given(turnAwayAStranger))
  test('a wrong password leaves a message that is shown once', given(showTheMessageOnce))
  test('signing out ends the session, the old cookie included', given(signOut))
  test('keepSessionInfo carries the basket through the sign-in', given(carryTheBasket))
  test('the store is left with the same records as under express-session', () => sameRecords(options))
}

async function withApp(project, options, scenario) {
  const app = await startApp(project, 'members.cjs', { ...freshData(), secrets, ...options })
  try {
    return await scenario(new Browser(app.origin))
  } finally {
    await fetch(`${app.origin}/discard`, { method: 'POST' })
    await app.stop()
  }
}

async function signInAndFollow(browser) {
  await browser.submit('/basket', { item: 'cheese' })
  const before = browser.cookies.get('connect.sid')
  const redirect = await browser.submit('/login', right)
  assert.deepEqual([redirect.status, redirect.location], [302, '/account'])
  assert.notEqual(browser.cookies.get('connect.sid'), before)
  assert.deepEqual((await browser.get('/account')).body, { name: 'ada' })
}

async function turnAwayAStranger(browser) {
  const { status, location, setCookies } = await browser.get('/account')
  assert.deepEqual([status, location, setCookies], [302, '/login', []])
}

async function showTheMessageOnce(browser) {
  const redirect = await browser.submit('/login', wrong)
  assert.deepEqual([redirect.status, redirect.location], [302, '/login'])
  // express-session answers before it has saved, so that the next page may miss the message.
  if (!isMoved) await redirect.ended
  assert.deepEqual((await browser.get('/login')).body, { errors: ['Wrong name or password.'] })
  assert.deepEqual((await browser.get('/login')).body, { errors: [] })
  assert.equal((await browser.get('/account')).location, '/login')
}

async function signOut(browser) {
  await browser.submit('/login', right)
  const cookies = new Map(browser.cookies)
  assert.equal((await browser.submit('/logout')).location, '/login')
  assert.equal((await browser.get('/account')).location, '/login')
  browser.cookies = cookies
  assert.equal((await browser.get('/account')).location, '/login')
}

async function carryTheBasket(browser) {
  await browser.submit('/basket', { item: 'cheese' })
  const { body: before } = await browser.get('/id')
  await browser.submit('/login-with-basket', right)
  assert.deepEqual((await browser.get('/account')).body, { name: 'ada', basket: 'cheese' })
  assert.notEqual((await browser.get('/id')).body, before)
}

async function sameRecords(options) {
  const [ours, theirs] = await Promise.all(
    [subject, original].map(project => withApp(project, options, visit)),
  )
  expectSameSteps(ours, theirs)
}

async function visit(browser) {
  const transcript = new Transcript(browser, secrets[0])
  await transcript.step('fill the basket', () => browser.submit('/basket', { item: 'cheese' }))
  await transcript.step('sign in', () => browser.submit('/login-with-basket', right))
  await transcript.step('the account', () => browser.get('/account'))
  await transcript.step('sign out', () => browser.submit('/logout'))
  await transcript.step('after it', () => browser.get('/account'))
  return transcript.steps
}
