import session from 'sojourn'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { SessionOptions } from '../../src/adapters/express-options.ts'
import type { SessionRecord } from '../../src/core/record/store.ts'
import { hearEvents, namesOf } from '../core/heard-events.ts'
import { atOnce } from '../core/stage.ts'
import { type Route, type SessionRequest, Web } from '../session/web.ts'
import { newKey, oldKey, Vault, vaults } from './vault.ts'

type Verb = 'get' | 'set' | 'touch' | 'destroy' | 'all' | 'length'

describe.each(vaults)('the drop-in, sealed for the $seal, in $kind', ({ seal, traits }) => {
  const options = { keys: [newKey], seal }

  test('nobody notices: sign-in, reading, saving, reloading, rotating and signing out', async () => {
    const { web, vault } = await openShop(options, traits)
    const { cookie } = await web.get('/in')
    expect(vault.record.data).toBeInstanceOf(Uint8Array)
    expect((await web.get('/look', cookie)).body).toBe('ada')
    expect((await web.get('/saved', cookie)).body).toBe('ada saved')
    const rotated = await web.get('/rotate', cookie)
    expect(rotated.cookie).not.toBe(cookie)
    for (const each of [cookie, rotated.cookie]) expect((await web.get('/look', each)).body).toBe('ada')
    await web.get('/out', rotated.cookie)
    expect((await web.get('/look', rotated.cookie)).body).toBe('nobody')
    expect([vault.store.records(), web.errors]).toEqual([[], []])
  })

  test('`req.sessionStore` reads and writes sealed sessions by their ids', async () => {
    const { web, vault } = await openShop(options, traits)
    const { cookie } = await web.get('/in')
    web.on('/verbs', async request => {
      const { sessionID } = request
      const found = (await call(request, 'get', sessionID)) as { [name: string]: unknown }
      await call(request, 'set', sessionID, { ...found, role: 'editor' })
      await call(request, 'touch', sessionID, { ...found, role: 'ignored' })
      const again = await call(request, 'get', sessionID)
      await call(request, 'set', 'an id of its own', { cookie: found['cookie'], job: 7 })
      const other = await call(request, 'get', 'an id of its own')
      const length = await call(request, 'length')
      await call(request, 'destroy', 'an id of its own')
      return JSON.stringify([again, other, length, (await call(request, 'get', 'an id of its own')) ?? null])
    })
    const { body } = await web.get('/verbs', cookie)
    expect(JSON.parse(body)).toEqual([
      expect.objectContaining({ user: 'ada', role: 'editor' }),
      expect.objectContaining({ job: 7 }),
      2,
      null,
    ])
    for (const { data } of vault.store.records()) expect(data).toBeInstanceOf(Uint8Array)
  })

  test('`req.sessionStore` follows an old id to the new one, and what it stores there is sealed for that', async () => {
    const { web } = await openShop(options, traits)
    const { cookie } = await web.get('/in')
    let rotated = ''
    web.on('/slow', async request => {
      const { sessionID } = request
      rotated = (await web.get('/rotate', cookie)).cookie
      const found = (await call(request, 'get', sessionID)) as object
      await call(request, 'set', sessionID, { ...found, slow: true })
    })
    await web.get('/slow', cookie)
    web.on('/is-slow', ({ session: visited }) => String(visited['slow']))
    expect((await web.get('/is-slow', rotated)).body).toBe('true')
  })

  test('all sessions are shown where the server can open them, and refused where only their visitors can', async () => {
    const { web } = await openShop(options, traits)
    const { cookie } = await web.get('/in')
    web.on('/all', async request => {
      const answer = await call(request, 'all').catch((error: unknown) => error)
      return answer instanceof Error ? String(Reflect.get(answer, 'code')) : JSON.stringify(answer)
    })
    const { body } = await web.get('/all', cookie)
    if (seal === 'visitor') expect(body).toBe('STORE_UNABLE')
    else expect(Object.values(JSON.parse(body))).toEqual([expect.objectContaining({ user: 'ada' })])
  })

  test('a record that was tampered with is a stranger, and the answer is the one that strangers get', async () => {
    const { web, vault } = await openShop(options, traits)
    const ada = await web.get('/in')
    const stolen = vault.record
    const mallory = await web.get('/in')
    const own = vault.store.records().find(({ key }) => key !== stolen.key) as SessionRecord
    vault.forge(own, { data: stolen.data })
    const heard = hearEvents()
    const { status, body, headers } = await web.get('/look', mallory.cookie)
    expect([status, body, headers['set-cookie']]).toEqual([200, 'nobody', undefined])
    expect(namesOf(heard)).toEqual(['tampered'])
    expect((await web.get('/look', ada.cookie)).body).toBe('ada')
    expect(web.errors).toEqual([])
  })

  // The call asks itself again and again: what it cannot read counts as absent, and what is there cannot be created.
  test('`req.sessionStore.set` comes to an end where it cannot read what is there', async () => {
    const { web, vault } = await openShop({ ...options, deadline: '1s' }, traits)
    const { cookie } = await web.get('/in')
    // The record is sealed by a key that this process does not have.
    const elsewhere = vault.start({ keys: [oldKey, newKey], seal, name: 'sid' })
    await elsewhere.visitor(cookie).request(visited => Object.assign(visited, { user: 'bea' }))
    let asked = 0
    for (let turn = 0; turn < 20; turn += 1) {
      vault.store.next('create', work => {
        asked += 1
        if (asked === 20) throw new Error('asked without an end')
        return work()
      })
    }
    web.on('/set', async request => {
      const id = decodeURIComponent(cookie).split('.')[1] ?? ''
      await call(request, 'set', id, { user: 'ada' }).catch(() => undefined)
    })
    await web.get('/set')
    expect(asked).toBeLessThan(20)
  })
})

test('a store for express-session cannot be sealed, and says so before the first request', () => {
  for (const seal of ['server', 'visitor'] as const) {
    const store = new session.Store()
    expect(() => session({ keys: [newKey], seal, store })).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID', message: expect.stringContaining('`seal`') }),
    )
  }
})

test('nothing is sealed by a secret that each request brings, and that is said before the first one', () => {
  const { store } = new Vault(atOnce)
  expect(() => session({ store, seal: 'server' })).toThrow(
    expect.objectContaining({ code: 'OPTION_INVALID', message: expect.stringContaining('`seal`') }),
  )
})

const routes: { readonly [path: string]: Route } = {
  '/in': ({ session: visited }) => void (visited['user'] = 'ada'),
  '/look': ({ session: visited }) => String(visited['user'] ?? 'nobody'),
  '/rotate': ({ session: visited }) => visited.rotate().then(() => 'rotated'),
  '/out': ({ session: visited }) => visited.destroy().then(() => 'out'),
  '/saved': async request => {
    Object.assign(request.session, { state: 'saved' })
    await request.session.save()
    Object.assign(request.session, { state: 'not saved' })
    await request.session.reload()
    return `${request.session['user']} ${request.session['state']}`
  },
}

async function openShop(options: SessionOptions, traits: Vault['store']['traits']) {
  const vault = new Vault(traits)
  const { store, clock } = vault
  const web = await new Web(session({ name: 'sid', store, clock, ...options })).open()
  onTestFinished(() => web.close())
  for (const [path, route] of Object.entries(routes)) web.on(path, route)
  return { web, vault }
}

/** Calls a verb of the store that a request shows, and waits for its answer. */
function call({ sessionStore }: SessionRequest, verb: Verb, ...given: unknown[]): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const answer = (error: unknown, value: unknown): void => (error ? reject(error) : resolve(value))
    const ask = Reflect.get(sessionStore, verb) as (...all: unknown[]) => void
    ask.call(sessionStore, ...given, answer)
  })
}
