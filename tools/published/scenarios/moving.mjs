import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Browser } from '../browser.mjs'
import { startApp } from '../running-app.mjs'
import { signedValue } from '../signature.mjs'
import { freshData, mongoAbsence, original, secrets, subject } from './environment.mjs'

const stores = [
  { store: 'session-file-store', test: {} },
  { store: 'connect-mongo', test: { skip: mongoAbsence ?? false } },
]

for (const { store, test: testOptions } of stores) {
  describe(`moving an app that keeps its sessions in ${store}`, testOptions, () => {
    test('everybody stays signed in, there and back', () => thereAndBack(store))
    test('somebody who signed in after the move is signed in after the way back', () => backAndThere(store))
    test('a cookie signed with an older secret is accepted on both sides', () => olderSecret(store))
    test('signing out on one side signs out on the other', () => signOutAcross(store))
    test('members stay signed in with Passport, there and back', () => membersThereAndBack(store))
  })
}

/** Runs one app after the other on the same data, each time in a process of its own. */
async function inTurn(options, file, phases) {
  const data = freshData()
  for (const [index, { project, secrets: phaseSecrets = secrets, act }] of phases.entries()) {
    const app = await startApp(project, file, { ...data, secrets: phaseSecrets, ...options })
    try {
      await act(app.origin)
      if (index === phases.length - 1) await fetch(`${app.origin}/discard`, { method: 'POST' })
    } finally {
      await app.stop()
    }
  }
}

async function signIn(browser, origin) {
  browser.moveTo(origin)
  await browser.post('/sign-in', { user: 'ada' })
  const [id] = (await browser.get('/id')).body
  assert.equal(browser.cookies.get('connect.sid'), signedValue(id, secrets[0]))
}

/** Still signed in, the counter goes on, and the cookie is the same to the byte. */
async function expectSignedIn(browser, origin, views) {
  const cookie = browser.cookies.get('connect.sid')
  browser.moveTo(origin)
  assert.equal((await browser.get('/who')).body.user, 'ada')
  assert.equal((await browser.get('/count')).body, views)
  assert.equal(browser.cookies.get('connect.sid'), cookie)
}

async function thereAndBack(store) {
  const ada = new Browser()
  await inTurn({ store }, 'shop.js', [
    { project: original, act: origin => signIn(ada, origin) },
    { project: subject, act: origin => expectSignedIn(ada, origin, 1) },
    { project: original, act: origin => expectSignedIn(ada, origin, 2) },
    { project: subject, act: origin => expectSignedIn(ada, origin, 3) },
  ])
}

async function backAndThere(store) {
  const ada = new Browser()
  await inTurn({ store }, 'shop.js', [
    { project: subject, act: origin => signIn(ada, origin) },
    { project: original, act: origin => expectSignedIn(ada, origin, 1) },
    { project: subject, act: origin => expectSignedIn(ada, origin, 2) },
  ])
}

async function olderSecret(store) {
  const [ada, bob] = [new Browser(), new Browser()]
  const old = [secrets[1]]
  const signInBefore = browser => async origin => {
    browser.moveTo(origin)
    await browser.post('/sign-in', { user: 'ada' })
  }
  const expectUser = browser => async origin => {
    browser.moveTo(origin)
    assert.equal((await browser.get('/who')).body.user, 'ada')
  }
  await inTurn({ store }, 'shop.js', [
    { project: original, secrets: old, act: signInBefore(ada) },
    { project: subject, secrets: old, act: signInBefore(bob) },
    { project: subject, act: expectUser(ada) },
    {
      project: original,
      act: async origin => {
        await expectUser(ada)(origin)
        await expectUser(bob)(origin)
      },
    },
  ])
}

async function signOutAcross(store) {
  const ada = new Browser()
  const expectStranger = async origin => {
    ada.moveTo(origin)
    assert.deepEqual((await ada.get('/who')).body, {})
  }
  const signOutKeepingTheCookie = async origin => {
    const cookies = new Map(ada.cookies)
    ada.moveTo(origin)
    await ada.post('/sign-out')
    ada.cookies = cookies
  }
  await inTurn({ store }, 'shop.js', [
    { project: original, act: origin => signIn(ada, origin) },
    { project: subject, act: signOutKeepingTheCookie },
    { project: original, act: expectStranger },
  ])
}

async function membersThereAndBack(store) {
  const ada = new Browser()
  const logIn = async origin => {
    ada.moveTo(origin)
    await ada.submit('/login', { username: 'ada', password: 'lovelace' })
  }
  const expectMember = async origin => {
    ada.moveTo(origin)
    assert.equal((await ada.get('/account')).body?.name, 'ada')
    await ada.submit('/basket', { item: 'cheese' })
  }
  const logOut = async origin => {
    ada.moveTo(origin)
    await ada.submit('/logout')
    assert.equal((await ada.get('/account')).location, '/login')
  }
  await inTurn({ store }, 'members.cjs', [
    { project: original, act: logIn },
    { project: subject, act: expectMember },
    { project: original, act: expectMember },
    { project: subject, act: logOut },
  ])
}
