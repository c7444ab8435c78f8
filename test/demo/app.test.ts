import type { RecordStore, SessionRecord } from 'sojourn'
import { memoryStore } from 'sojourn/memory'
import { type FakeClock, fakeClock } from 'sojourn/testing'
import { expect, test, vi } from 'vitest'
import { Gate } from '../support/gate.ts'
import { serve } from '../support/servers.ts'
import { firefox, handlesIn, iphone, tokenIn, Visitor } from './visitor.ts'

// A path as text, because the type checker reads the demo in a project of its own.
const demo: string = '../../demo/app.js'
const { createApp } = await import(demo)
const minute = 60_000

interface OpenShop {
  readonly clock: FakeClock
  visitor(userAgent?: string): Visitor
}

async function openShop(change: (store: RecordStore) => RecordStore = store => store): Promise<OpenShop> {
  const clock = fakeClock()
  const store = change(memoryStore({ clock }))
  const secret = 'a secret of thirty-two characters'
  const port = await serve(createApp({ secret, store, idleMs: 5 * minute, absoluteMs: 60 * minute, clock }))
  return { clock, visitor: userAgent => new Visitor(`http://127.0.0.1:${port}`, userAgent) }
}

async function signedIn(shop: OpenShop, name = 'Ada', userAgent?: string): Promise<Visitor> {
  const visitor = shop.visitor(userAgent)
  await visitor.post('/sign-in', { name })
  return visitor
}

test('looks at the shelf are counted for each visitor apart', async () => {
  const shop = await openShop()
  const [one, other] = [shop.visitor(), shop.visitor()]
  await one.get('/')
  expect(await one.get('/')).toContain('<strong>2</strong> times')
  expect(await other.get('/')).toContain('<strong>first</strong> look')
})

test('a sign-in keeps the cart, gives a new id, and ends the old one', async () => {
  const shop = await openShop()
  const visitor = shop.visitor()
  await visitor.get('/')
  await visitor.post('/cart', { good: 'night-train' })
  const thief = shop.visitor()
  thief.cookie = visitor.cookie
  const page = await visitor.postAndFollow('/sign-in', { name: ' Ada ' })
  expect(page).toContain('Welcome, Ada.')
  expect(page).toContain('Night Train')
  expect(visitor.cookie).not.toBe(thief.cookie)
  expect(await thief.get('/cart')).toMatch(/Your session was ended[\s\S]*nothing in it yet/)
  expect(await visitor.get('/')).toContain('<strong>2</strong> times')
})

test('things that are put into the cart at the same time are all in it', async () => {
  const meeting = new Meeting()
  const shop = await openShop(store => meetingAt(store, meeting))
  const visitor = shop.visitor()
  await visitor.get('/')
  meeting.begin(2)
  await Promise.all([1, 2].map(() => visitor.post('/cart', { good: 'campfire' })))
  expect(await visitor.get('/cart')).toMatch(/name="quantity"[^>]* value="2"/)
})

test('a cart changes, is emptied, and is ordered only by who is signed in', async () => {
  const shop = await openShop()
  const visitor = shop.visitor()
  await visitor.post('/cart', { good: 'campfire' })
  expect(await visitor.postAndFollow('/cart/quantity', { good: 'campfire', quantity: '3' })).toContain(
    '€37.80',
  )
  expect(await visitor.postAndFollow('/cart/order')).toContain('<h1>Sign in</h1>')
  await visitor.post('/sign-in', { name: 'Ada' })
  expect(await visitor.postAndFollow('/cart/order')).toMatch(/Thank you[\s\S]*nothing in it yet/)
  await visitor.post('/cart', { good: 'campfire' })
  const fields = { good: 'campfire', quantity: '1', remove: 'yes' }
  expect(await visitor.postAndFollow('/cart/quantity', fields)).toContain('nothing in it yet')
})

test('there are at most twelve of one good in a cart', async () => {
  const shop = await openShop()
  const visitor = shop.visitor()
  await visitor.post('/cart/quantity', { good: 'campfire', quantity: '12' })
  expect(await visitor.postAndFollow('/cart', { good: 'campfire' })).toMatch(
    /name="quantity"[^>]* value="12"/,
  )
})

test('whoever reads the store does not read what a customer has left in it', async () => {
  const kept: string[] = []
  const shop = await openShop(store => keeping(store, kept))
  const visitor = await signedIn(shop, 'Ada')
  await visitor.post('/cart', { good: 'campfire' })
  expect(kept.length).toBeGreaterThan(1)
  for (const data of kept) expect(data).not.toMatch(/Ada|campfire/)
})

test.each([
  ['/cart', { good: 'nothing-of-ours' }],
  ['/cart', { good: '__proto__' }],
  ['/cart', {}],
  ['/cart/quantity', { good: 'campfire', quantity: '13' }],
  ['/cart/quantity', { good: 'campfire', quantity: '-1' }],
  ['/cart/quantity', { good: 'campfire', quantity: '1e1' }],
])('%s refuses %j and leaves no session', async (path, fields) => {
  const shop = await openShop()
  const visitor = shop.visitor()
  const response = await visitor.post(path, fields)
  expect(response.status).toBe(400)
  expect(visitor.cookie).toBe('')
})

test.each(['', '   ', 'x'.repeat(41), '<img src=x>', '7', 'Ada\nGrace'])(
  'the name %j is refused, with a reason that the field points to',
  async name => {
    const shop = await openShop()
    const response = await shop.visitor().post('/sign-in', { name })
    const page = await response.text()
    expect(response.status).toBe(400)
    expect(page).toMatch(/id="problem"[^>]*>Give a name/)
    expect(page).toMatch(/aria-describedby="problem hint" aria-invalid="true"/)
    expect(page).not.toContain('<img src=x')
  },
)

test('a name that is written another way is the same customer', async () => {
  const shop = await openShop()
  await signedIn(shop, 'Ada  Byron')
  const visitor = await signedIn(shop, 'ADA byron')
  expect(handlesIn(await visitor.get('/account'))).toHaveLength(1)
})

test('asking for the status prolongs nothing, and looking at a page does', async () => {
  const shop = await openShop()
  const [poller, reader] = [await signedIn(shop), await signedIn(shop)]
  for (let minutes = 0; minutes < 6; minutes += 1) {
    shop.clock.advance(minute)
    await poller.status()
    await reader.get('/account')
  }
  expect(await poller.status()).toEqual({ goesOn: false, outcome: 'expired' })
  expect(await reader.status()).toMatchObject({ goesOn: true, isSignedIn: true })
  expect(await poller.get('/account')).toContain('you were away for too long')
})

test('the status says how long the session lasts, and the page says it before any script runs', async () => {
  const shop = await openShop()
  const visitor = await signedIn(shop)
  shop.clock.advance(2 * minute)
  // The idle time is longer by the 10 seconds in which activity goes unrecorded.
  expect(await visitor.status()).toMatchObject({ idleMs: 3 * minute + 10_000, absoluteMs: 58 * minute })
  const page = await visitor.get('/account')
  expect(page).toMatch(/id="idle"[^>]* data-ms="300000">5:00</)
  expect(page).toMatch(/id="absolute"[^>]* data-ms="3480000">58:00</)
})

test('a guest’s clock goes on, however often they look at the shelf', async () => {
  const shop = await openShop()
  const visitor = shop.visitor()
  await visitor.get('/')
  shop.clock.advance(2 * minute)
  expect(await visitor.get('/')).toMatch(/id="absolute"[^>]*>58:00</)
  expect(await visitor.status()).toMatchObject({ absoluteMs: 58 * minute })
})

test('a notice is said once', async () => {
  const shop = await openShop()
  const visitor = shop.visitor()
  expect(await visitor.postAndFollow('/cart', { good: 'campfire' })).toContain('is in your cart.')
  expect(await visitor.get('/cart')).not.toContain('is in your cart.')
})

test('a session ends with its absolute time, however active it is', async () => {
  const shop = await openShop()
  const visitor = await signedIn(shop)
  let page = ''
  for (let minutes = 0; minutes < 60; minutes += 4) {
    page = await visitor.get('/account')
    expect(page).toContain('Where you are signed in')
    shop.clock.advance(4 * minute)
  }
  expect(page).toMatch(/id="idle"[^>]*>4:00<[\s\S]*id="absolute"[^>]*>4:00</)
  expect(await visitor.get('/account')).toContain('you were away for too long')
})

test('a visitor without a session is told no times, and a status without one costs the store nothing', async () => {
  const calls: string[] = []
  const shop = await openShop(store => counting(store, calls))
  const visitor = shop.visitor()
  expect(await visitor.get('/sign-in')).toContain('You are a stranger here')
  expect(await visitor.status()).toEqual({ goesOn: false, outcome: 'none' })
  expect([visitor.cookie, calls]).toEqual(['', []])
})

test('the devices are named as their owner names them', async () => {
  const shop = await openShop()
  await signedIn(shop, 'Ada', iphone)
  shop.clock.advance(3 * minute)
  const page = await (await signedIn(shop, 'Ada', firefox)).get('/account')
  expect(page).toMatch(/Firefox on Linux<\/h2> <span class="badge">This device/)
  expect(page).toMatch(/Safari on iPhone<\/h2>\s*<p[^>]*>\s*Last active <time[^>]*>3 minutes ago/)
  expect(page).not.toContain('Mozilla')
})

test('a browser that says nothing of use is not shown by what it says', async () => {
  const shop = await openShop()
  await signedIn(shop, 'Ada', '<script>"&\'</script>')
  shop.clock.advance(minute)
  const page = await (await signedIn(shop)).get('/account')
  expect(page).toMatch(/An unknown browser<\/h2>\s*<p[^>]*>\s*Last active <time[^>]*>1 minute ago/)
})

test('who is ended on another device learns it with the next page and the next status', async () => {
  const shop = await openShop()
  const [phone, laptop] = [await signedIn(shop, 'Ada', iphone), await signedIn(shop)]
  const page = await laptop.get('/account')
  const [handle = ''] = handlesIn(page)
  const after = await laptop.postAndFollow('/account/end', { _csrf: tokenIn(page), handle })
  expect(after).toContain('That session is over.')
  expect(handlesIn(after)).toEqual([])
  expect(await phone.status()).toEqual({ goesOn: false, outcome: 'revoked' })
  expect(await phone.get('/account')).toMatch(/Your session was ended[\s\S]*<h1>Sign in<\/h1>/)
})

test('all others are ended at once, and this one goes on', async () => {
  const shop = await openShop()
  const others = [await signedIn(shop), await signedIn(shop)]
  const visitor = await signedIn(shop)
  const _csrf = tokenIn(await visitor.get('/account'))
  expect(await visitor.postAndFollow('/account/end-others', { _csrf })).toContain(
    '2 other sessions are over.',
  )
  for (const other of others) expect(await other.status()).toEqual({ goesOn: false, outcome: 'revoked' })
  expect(await visitor.status()).toMatchObject({ goesOn: true })
})

test('nobody ends the session of another customer', async () => {
  const shop = await openShop()
  const [grace, laptop] = [await signedIn(shop, 'Grace'), await signedIn(shop, 'Ada')]
  await Promise.all([signedIn(shop, 'Ada'), signedIn(shop, 'Grace')])
  const [handle = ''] = handlesIn(await laptop.get('/account'))
  const _csrf = tokenIn(await grace.get('/account'))
  expect(await grace.postAndFollow('/account/end', { _csrf, handle })).toContain('no such session')
  expect(handlesIn(await laptop.get('/account'))).toEqual([handle])
})

test.each(['/account/end', '/account/end-others'])('%s refuses a form without its token', async path => {
  const shop = await openShop()
  const [visitor, other] = [await signedIn(shop), await signedIn(shop)]
  const response = await visitor.post(path, { _csrf: tokenIn(await other.get('/account')) })
  expect(response.status).toBe(403)
  expect(await response.text()).toContain('The shop did not send this form')
})

test.each(['/cart', '/cart/quantity', '/cart/order', '/sign-in', '/sign-out', '/account/end', '/nowhere'])(
  '%s refuses a form of another site',
  async path => {
    const shop = await openShop()
    const visitor = await signedIn(shop)
    const headers = { 'sec-fetch-site': 'cross-site' }
    const body = new URLSearchParams({ good: 'campfire', name: 'Eve' })
    const response = await visitor.send(path, { method: 'POST', headers, body })
    expect(response.status).toBe(403)
    expect(await visitor.status()).toMatchObject({ goesOn: true, isSignedIn: true })
  },
)

test('a sign-out ends the session for whoever kept the cookie too, and leaves nothing behind', async () => {
  const shop = await openShop()
  const visitor = await signedIn(shop)
  const thief = shop.visitor()
  thief.cookie = visitor.cookie
  const page = await visitor.postAndFollow('/sign-out')
  expect(visitor.cookie).toBe('wayside=')
  expect(page).toMatch(
    /You are signed out[\s\S]*POST \/sign-out[\s\S]*A session was ended, and its record removed\.[\s\S]*Removed from the browser/,
  )
  expect(await thief.status()).toEqual({ goesOn: false, outcome: 'revoked' })
})

test('the cookie is kept from scripts and from other sites, and goes when the browser is closed', async () => {
  const shop = await openShop()
  const { headers } = await shop.visitor().send('/')
  expect(headers.getSetCookie()).toEqual([
    expect.stringMatching(/^wayside=[^;]+; Path=\/; HttpOnly; SameSite=Lax$/),
  ])
})

test('a cookie that was not made here is refused, and that is said', async () => {
  const shop = await openShop()
  const visitor = shop.visitor()
  visitor.cookie = 'wayside=s%3Aforged.forged'
  expect(await visitor.get('/cart')).toContain('cookie was refused')
})

test.each([
  ['a first visit', 0, '/', 'A session began: one new record.', 'Sent', ['create']],
  ['a change', 1000, '/', 'The session has changed', 'Not sent', ['load', 'replace']],
  ['a look soon after', 1000, '/cart', 'Nothing was written.', 'Not sent', ['load']],
  [
    'a look some time after',
    20_000,
    '/cart',
    'Only the activity was recorded.',
    'Not sent',
    ['load', 'touch'],
  ],
])('the panel tells the truth of %s', async (_title, pause, path, verdict, cookieOut, expected) => {
  const calls: string[] = []
  const shop = await openShop(store => counting(store, calls))
  const visitor = shop.visitor()
  if (pause > 0) await visitor.get('/')
  shop.clock.advance(pause)
  calls.length = 0
  const account = await visitor.accountOf(await visitor.get(path))
  expect(calls).toEqual(expected)
  expect(account).toContain(verdict)
  expect(account).toContain(`<dd>${expected.length} call`)
  expect(account).toContain(`<dd>${cookieOut}</dd>`)
})

test('the panel does not call done what the store has not done', async () => {
  const broken = new Set<string>()
  const shop = await openShop(store => failing(store, name => broken.has(name)))
  const visitor = await signedIn(shop)
  const own = shop.visitor()
  own.cookie = visitor.cookie
  await visitor.post('/sign-out')
  expect(await own.accountOf(await own.get('/cart'))).toMatch(/Nothing was written[\s\S]*found no record/)
  await own.get('/')
  shop.clock.advance(20_000)
  broken.add('touch')
  const account = await own.accountOf(await own.get('/cart'))
  expect(account).toMatch(/The store has failed\.[\s\S]*failed to record activity/)
  expect(account).not.toMatch(/recorded activity|Nothing was written/)
})

test('the panel tells of a write that another request was faster than', async () => {
  const meeting = new Meeting()
  const shop = await openShop(store => meetingAt(store, meeting))
  const visitor = shop.visitor()
  await visitor.get('/')
  meeting.begin(2)
  const pages = await Promise.all([1, 2].map(() => visitor.get('/')))
  const accounts = await Promise.all(pages.map(page => visitor.accountOf(page)))
  expect(accounts.filter(account => account.includes('wrote nothing'))).toHaveLength(1)
  for (const account of accounts) expect(account).toMatch(/<li>wrote the record<\/li>/)
})

test('a cookie that names no session is not called none', async () => {
  const shop = await openShop()
  const visitor = shop.visitor()
  visitor.cookie = 'wayside=s%3Aforged.forged'
  expect(await visitor.get('/cart')).toContain('Your cookie names no session that goes on')
})

test('a cookie of a similar name is not taken for the session’s', async () => {
  const shop = await openShop()
  const visitor = shop.visitor()
  for (const cookie of ['\u00a0wayside=x', 'wayside2=x', 'WAYSIDE=x']) {
    visitor.cookie = cookie
    expect(await visitor.accountOf(await visitor.get('/cart'))).toContain('<dd>None came</dd>')
  }
})

test('nobody who has a session is told that it is over', async () => {
  const shop = await openShop()
  const guest = shop.visitor()
  await guest.get('/')
  expect(await guest.get('/goodbye')).toContain('times in this visit')
  expect(await (await signedIn(shop)).get('/goodbye')).toContain('Where you are signed in')
})

test('a thousand polls do not make the shop forget what a page has done', async () => {
  const shop = await openShop()
  const visitor = shop.visitor()
  const page = await visitor.get('/')
  for (let polls = 0; polls < 1000; polls += 1) await visitor.status()
  expect(await visitor.accountOf(page)).toContain('A session began')
})

test.each(['OPTIONS', 'POST', 'HEAD'])('%s of the status prolongs nothing either', async method => {
  const calls: string[] = []
  const shop = await openShop(store => counting(store, calls))
  const visitor = shop.visitor()
  await visitor.get('/')
  shop.clock.advance(20_000)
  calls.length = 0
  await visitor.send('/status', { method })
  expect(calls).toContain('load')
  expect(calls).not.toContain('touch')
})

test('the panel tells of the request before, and a request is told to nobody who does not know its name', async () => {
  const shop = await openShop()
  const visitor = shop.visitor()
  const page = await visitor.postAndFollow('/cart', { good: 'campfire' })
  expect(page).toMatch(/The request before[\s\S]*POST \/cart[\s\S]*A session began[\s\S]*<dd>Sent/)
  expect(await shop.visitor().get('/traces/guessed')).toContain('That request is forgotten.')
})

test('no page holds an id, and none asks for anything but what the shop serves', async () => {
  const shop = await openShop()
  const visitor = await signedIn(shop)
  await visitor.post('/cart', { good: 'campfire' })
  const id = /s%3A([\w-]+)\./.exec(visitor.cookie)?.[1]
  expect(id).toHaveLength(32)
  for (const path of ['/', '/cart', '/account', '/goodbye', '/nowhere']) {
    const page = await visitor.get(path)
    expect(page).not.toContain(id)
    expect(page).not.toMatch(/(?:href|src|action|data-source)="(?!\/(?!\/)|#)/)
    expect(page).not.toMatch(/<style|style="|<script(?! src="\/session\.js")| on\w+="/)
  }
})

test('every answer is kept out of frames and shared caches, and forbids scripts in the page', async () => {
  const shop = await openShop()
  for (const path of ['/', '/status', '/style.css', '/pictures/campfire.svg', '/traces/x', '/nowhere']) {
    const { headers } = await shop.visitor().send(path)
    expect(headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/)
    expect(headers.get('content-security-policy')).not.toContain('unsafe')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('cache-control')).toMatch(/no-store|no-cache/)
    expect(headers.get('x-powered-by')).toBeNull()
  }
})

test('what is not there and what is too large are answered in plain words', async () => {
  const shop = await openShop()
  const visitor = shop.visitor()
  expect(await visitor.get('/nowhere')).toContain('There is no such page.')
  const response = await visitor.post('/sign-in', { name: 'x'.repeat(5000) })
  expect(response.status).toBe(413)
  expect(await response.text()).toContain('The request makes no sense.')
})

test('a store that fails is said in plain words, and signs nobody out', async () => {
  let isDown = false
  const shop = await openShop(store => failing(store, () => isDown))
  const visitor = await signedIn(shop)
  const { cookie } = visitor
  const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  isDown = true
  const response = await visitor.send('/account')
  isDown = false
  expect([response.status, visitor.cookie]).toEqual([503, cookie])
  expect(await response.text()).toContain('You are not signed out')
  expect(printed).toHaveBeenCalled()
  printed.mockRestore()
  expect(await visitor.get('/account')).toContain('Where you are signed in')
})

/** Lets nobody go on until so many have come. */
class Meeting {
  #missing = 0
  #gate = new Gate()

  begin(count: number): void {
    this.#missing = count
    this.#gate = new Gate()
  }

  async come(): Promise<void> {
    this.#missing -= 1
    if (this.#missing === 0) this.#gate.open()
    if (this.#missing >= 0) await this.#gate.passed
  }
}

/** A store over a network, of which the first requests after the meeting began have all read before any goes on. */
function meetingAt(store: RecordStore, meeting: Meeting): RecordStore {
  const later = changed(store, async (name, method) => {
    const answer = method()
    if (name === 'load') await meeting.come()
    return answer
  })
  return new Proxy(later, {
    get: (target, name): unknown => (name === 'traits' ? {} : Reflect.get(target, name)),
  })
}

/** Notes the calls of a store by other means than the shop's own. */
function counting(store: RecordStore, calls: string[]): RecordStore {
  return changed(store, (name, method) => {
    calls.push(name)
    return method()
  })
}

/** Notes the data that a store is given, as it would be read from a disk. */
function keeping(store: RecordStore, kept: string[]): RecordStore {
  const keep = ({ data }: SessionRecord): void => void kept.push(Buffer.from(data).toString('latin1'))
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return (...values: unknown[]) => {
        // These two are given a record first.
        if (name === 'create' || name === 'replace') keep(values[0] as SessionRecord)
        return value.apply(target, values)
      }
    },
  })
}

function failing(store: RecordStore, isDown: (name: string) => boolean): RecordStore {
  return changed(store, (name, method) => {
    if (isDown(name)) throw new Error('The store is down.')
    return method()
  })
}

function changed(store: RecordStore, call: (name: string, method: () => unknown) => unknown): RecordStore {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function' || name === 'hasEnded') return value
      return (...values: unknown[]) => call(String(name), () => value.apply(target, values))
    },
  })
}
