import { Browser } from '../browser.mjs'
import { startApp } from '../running-app.mjs'
import { Transcript } from '../transcript.mjs'
import { freshData, secrets } from './environment.mjs'

const basket = {
  items: [{ name: 'Käse 🧀', price: 4.5, gift: null }],
  note: 'quoted "text" and a \\ backslash\n',
  empty: {},
  none: [],
  paid: false,
}

/** A whole visit to the shop: every verb of a store is needed at least once. */
export async function visitShop(project, options) {
  const app = await startApp(project, 'shop.js', { ...freshData(), secrets, ...options })
  try {
    return await visit(new Transcript(new Browser(app.origin), secrets[0]))
  } finally {
    await fetch(`${app.origin}/discard`, { method: 'POST' })
    await app.stop()
  }
}

async function visit(transcript) {
  await signInAndShop(transcript)
  await saveByHand(transcript)
  await changeTheId(transcript)
  await signOut(transcript)
  return transcript.steps
}

async function signInAndShop(transcript) {
  await transcript.step('a stranger looks', browser => browser.get('/who'))
  await transcript.step('sign in', browser => browser.post('/sign-in', { user: 'ada' }))
  for (const nth of ['first', 'second', 'third']) {
    await transcript.step(`count the ${nth} view`, browser => browser.get('/count'))
  }
  await transcript.step('only look', browser => browser.get('/who'))
  await transcript.step('the id', browser => browser.get('/id'))
  await transcript.step('store nested data', browser => browser.post('/basket', basket))
  await transcript.step('change nested data', browser => browser.post('/basket/items', { name: 'bread' }))
  await transcript.step('take a key away', browser => browser.delete('/basket'))
}

async function saveByHand(transcript) {
  await transcript.step('save by hand', browser => browser.post('/save'))
  await transcript.step('reload by hand', browser => browser.post('/reload'))
  await transcript.step('read past the middleware', browser => browser.get('/stored'))
  await transcript.step('another lifetime', browser => browser.post('/ten-minutes'))
  await transcript.step('look under the other lifetime', browser => browser.get('/who'))
}

async function changeTheId(transcript) {
  const before = new Map(transcript.browser.cookies)
  await transcript.step('regenerate', browser => browser.post('/regenerate'))
  await transcript.step('still signed in', browser => browser.get('/who'))
  const after = new Map(transcript.browser.cookies)
  transcript.browser.cookies = before
  await transcript.step('the old cookie is worth nothing', browser => browser.get('/who'))
  transcript.browser.cookies = after
}

async function signOut(transcript) {
  const before = new Map(transcript.browser.cookies)
  await transcript.step('sign out', browser => browser.post('/sign-out'))
  transcript.browser.cookies = before
  await transcript.step('signed out, the cookie played back', browser => browser.get('/who'))
}
