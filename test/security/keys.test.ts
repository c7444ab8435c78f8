import { createSecretKey } from 'node:crypto'
import { EventEmitter } from 'node:events'
import cookieParser from 'cookie-parser'
import express from 'express'
import session from 'sojourn'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { RingSigner } from '../../src/core/cookies/ring-signer.ts'
import { Signer } from '../../src/core/cookies/secret-signer.ts'
import type { KeyOptions } from '../../src/core/keys/key-options.ts'
import { KeyRing } from '../../src/core/keys/key-ring.ts'
import type { SessionsOptions } from '../../src/core/policy/options.ts'
import { hearEvents } from '../core/heard-events.ts'
import { hour, minute } from '../core/stage.ts'
import { Web } from '../session/web.ts'
import { ask } from '../support/http-client.ts'
import { type Listener, serve } from '../support/servers.ts'
import { idIn, newKey, oldKey, plainSecret, presented, sealedBy, Vault, vaults } from './vault.ts'

const found = { outcome: 'found', names: ['user'] }
const refused = { outcome: 'tampered', names: [] }
const ada = { user: 'ada' }

describe.each(vaults)('a key that is exchanged (B5), sealed for the $seal, in $kind', ({ seal, traits }) => {
  const keyed = (...keys: KeyOptions[]): Partial<SessionsOptions> => ({ keys, seal })

  test('nobody is signed out in the four steps of the page, and the last one ends what was left behind', async () => {
    const vault = new Vault(traits)
    const visitor = await vault.start(keyed(oldKey)).newcomer(ada)
    const away = await vault.start(keyed(oldKey)).newcomer(ada)
    const first = visitor.cookie
    const added = vault.start(keyed(oldKey, newKey))
    expect(await presented(added, first)).toEqual(found)
    const reading = await added.visitor(first).request()
    expect(reading.setCookie).toBeUndefined()

    const moved = vault.start(keyed(newKey, oldKey))
    const renewing = moved.visitor(first)
    const visit = await renewing.request(visited => expect(visited['user']).toBe('ada'))
    expect(visit.setCookie).toMatch(/^connect\.sid=2031\./)
    expect(idIn(renewing.cookie)).toBe(idIn(first))
    expect(vault.store.records().map(sealedBy).sort()).toEqual(['2030', '2031'])

    const removed = vault.start(keyed(newKey))
    expect(await presented(removed, renewing.cookie)).toEqual(found)
    expect(await presented(removed, away.cookie)).toEqual(refused)
    expect(vault.store.records()).toHaveLength(2)
  })

  test('once the cookie is signed anew it is not sent again, and nothing is sealed again', async () => {
    const vault = new Vault(traits)
    const { cookie } = await vault.start(keyed(oldKey)).newcomer(ada)
    const visitor = vault.start(keyed(newKey, oldKey)).visitor(cookie)
    await visitor.request()
    vault.store.forgetCalls()
    const visit = await visitor.request(visited => expect(visited['user']).toBe('ada'))
    expect([visit.setCookie, vault.store.calls]).toEqual([undefined, ['load']])
  })

  test('what is written is sealed by the newest key, and so is what is only touched', async () => {
    for (const route of [(visited: object) => Object.assign(visited, { more: 1 }), () => undefined]) {
      const vault = new Vault(traits)
      const { cookie } = await vault.start(keyed(oldKey)).newcomer(ada)
      vault.clock.advance(2 * minute)
      const moved = vault.start(keyed(newKey, oldKey))
      // Signed by the new key already, so that only the touch is due.
      const signed = signedAnew(vault, idIn(cookie))
      const { touchedAt } = vault.record
      await moved.visitor(signed).request(route)
      expect([sealedBy(vault.record), vault.record.touchedAt > touchedAt]).toEqual(['2031', true])
    }
  })

  test('a revoked key reads nothing, neither cookies nor data, and nothing falls back', async () => {
    const vault = new Vault(traits)
    const visitor = await vault.start(keyed(oldKey)).newcomer(ada)
    const { record } = vault
    const revoked = vault.start(keyed(newKey, { ...oldKey, revoked: true }))
    const heard = hearEvents()
    vault.store.forgetCalls()
    expect(await presented(revoked, visitor.cookie)).toEqual(refused)
    expect(heard).toEqual([{ name: 'tampered', payload: { handle: undefined, reason: 'signature' } }])
    expect([vault.store.calls, vault.store.records()]).toEqual([[], [record]])
    // The key that was revoked by mistake reads again.
    expect(await presented(vault.start(keyed(newKey, oldKey)), visitor.cookie)).toEqual(found)
  })

  test('data of a revoked key is not read under a cookie of a good one', async () => {
    const vault = new Vault(traits)
    const visitor = await vault.start(keyed(newKey)).newcomer(ada)
    await vault
      .start(keyed(oldKey, newKey))
      .visitor(visitor.cookie)
      .request(visited => {
        visited['user'] = 'sealed by the old key'
      })
    const { record } = vault
    expect(sealedBy(record)).toBe('2030')
    const revoked = vault.start(keyed(newKey, { ...oldKey, revoked: true }))
    const heard = hearEvents()
    expect(await presented(revoked, visitor.cookie)).toEqual(refused)
    expect(heard).toMatchObject([{ name: 'tampered', payload: { reason: 'record' } }])
    expect(vault.record).toEqual(record)
  })

  test('a key is over after its `notAfter`, for cookies and data, while the application runs', async () => {
    const vault = new Vault(traits)
    const visitor = await vault.start(keyed(oldKey)).newcomer(ada)
    const notAfter = vault.clock.now() + 10 * minute
    const application = vault.start(keyed(newKey, { ...oldKey, notAfter }))
    vault.clock.advance(10 * minute)
    expect(await presented(application, visitor.cookie)).toEqual(found)
    vault.clock.advance(1)
    expect(await presented(application, visitor.cookie)).toEqual(refused)
  })

  test('the next key takes over by itself when the first is over', async () => {
    const vault = new Vault(traits)
    const notAfter = vault.clock.now() + 10 * minute
    const application = vault.start(keyed({ ...oldKey, notAfter }, newKey))
    const early = await application.newcomer(ada)
    vault.clock.advance(10 * minute)
    await early.request(visited => visited.update(() => undefined))
    expect(early.cookie).toMatch(/=2030\./)
    vault.clock.advance(1)
    const late = await application.newcomer(ada)
    expect(late.cookie).toMatch(/=2031\./)
    expect(await presented(application, early.cookie)).toEqual(refused)
  })

  test('the id of a key says which one is tried, and no other is', async () => {
    const vault = new Vault(traits)
    const application = vault.start(keyed(newKey, oldKey))
    const { cookie = '' } = await application.newcomer(ada)
    vault.store.forgetCalls()
    for (const id of ['2030', '2032', '__proto__', 'constructor', '', '2031 ', '%32031']) {
      expect(await presented(application, cookie.replace('2031.', `${id}.`))).toEqual(refused)
    }
    expect(vault.store.calls).toEqual([])
  })
})

describe.each(vaults)('from `secret` to `keys` (B7), sealed for the $seal, in $kind', ({ seal, traits }) => {
  test('cookies and data are read until `legacyUntil`, and made new at the first look', async () => {
    const vault = new Vault(traits)
    const before = vault.start({ secret: plainSecret, seal })
    const [one, other] = [await before.newcomer(ada), await before.newcomer(ada)]
    const legacyUntil = vault.clock.now() + 10 * minute
    const after = vault.start({ keys: [newKey], secret: plainSecret, legacyUntil, seal })
    const visit = await after.visitor(one.cookie).request(visited => expect(visited['user']).toBe('ada'))
    expect(visit.setCookie).toMatch(/^connect\.sid=2031\./)
    vault.clock.advance(10 * minute - 1)
    expect(await presented(after, other.cookie)).toEqual(found)
    vault.clock.advance(1)
    expect(await presented(after, other.cookie)).toEqual(refused)
    expect(await presented(after, one.cookie)).toEqual(refused)
    expect(await presented(after, visit.setCookie?.split(';')[0])).toEqual(found)
    expect(vault.store.records()).toHaveLength(2)
  })

  test('data of a plain secret is read no longer than its cookies', async () => {
    const vault = new Vault(traits)
    const legacyUntil = vault.clock.now() + minute
    const keys = [newKey]
    const visitor = await vault.start({ secret: plainSecret, seal }).newcomer(ada)
    // Somebody whose cookie is new and whose data is not: the write that sealed it anew has been undone.
    const old = vault.record
    const after = vault.start({ keys, secret: plainSecret, legacyUntil, seal })
    const renewed = after.visitor(visitor.cookie)
    await renewed.request()
    vault.forge(vault.record, old)
    expect(await presented(after, renewed.cookie)).toEqual(found)
    vault.clock.advance(minute)
    expect(await presented(after, renewed.cookie)).toEqual(refused)
    expect(vault.record).toEqual(old)
  })

  test('without the secret nothing of that time is read', async () => {
    const vault = new Vault(traits)
    const visitor = await vault.start({ secret: plainSecret, seal }).newcomer(ada)
    expect(await presented(vault.start({ keys: [newKey], seal }), visitor.cookie)).toEqual(refused)
  })

  test('a secret that is over as a key reads no data any more, though it still stands in `secret`', async () => {
    const vault = new Vault(traits)
    const visitor = await vault.start({ secret: plainSecret, seal }).newcomer(ada)
    const notAfter = vault.clock.now() + minute
    const named = { id: sealedBy(vault.record), secret: plainSecret, notAfter }
    const both = vault.start({ keys: [newKey, named], secret: plainSecret, seal })
    expect(await presented(both, visitor.cookie)).toEqual(found)
    vault.clock.advance(minute + 1)
    expect(await presented(both, visitor.cookie)).toEqual(refused)
    expect(vault.store.records()).toHaveLength(1)
  })

  test('of several secrets each is read, and one that is taken out is not', async () => {
    const vault = new Vault(traits)
    const older = 'an older secret, which has signed and sealed the first half of it'
    const [one, other] = [
      await vault.start({ secret: older, seal }).newcomer(ada),
      await vault.start({ secret: plainSecret, seal }).newcomer(ada),
    ]
    const both = vault.start({ secret: [plainSecret, older], seal })
    for (const { cookie } of [one, other]) expect(await presented(both, cookie)).toEqual(found)
    const signed = (await both.visitor(one.cookie).request()).setCookie?.split(';')[0]
    expect(signed).not.toBe(one.cookie)
    const newest = vault.start({ secret: plainSecret, seal })
    expect(await presented(newest, one.cookie)).toEqual(refused)
    for (const cookie of [signed, other.cookie]) expect(await presented(newest, cookie)).toEqual(found)
  })
})

test('a cookie that was signed for another name is no cookie of this one (B6)', async () => {
  const vault = new Vault()
  const { cookie = '' } = await vault.start({ keys: [newKey], name: 'preferences' }).newcomer(ada)
  const shop = vault.start({ keys: [newKey], name: 'sid' })
  expect(await presented(shop, cookie.replace('preferences=', 'sid='))).toEqual(refused)
})

test('the drop-in renews old cookies with the next answer, also that of a request that only reads', async () => {
  const vault = new Vault()
  const { store, clock } = vault
  const before = await openWeb({ secret: plainSecret, store, clock })
  const { cookie } = await before.get('/in')
  const keyed = {
    keys: [newKey],
    secret: plainSecret,
    legacyUntil: clock.now() + hour,
    store,
    clock,
    seal: false,
  }
  const after = await openWeb(keyed)
  const renewed = await after.get('/look', cookie)
  expect([renewed.body, renewed.cookie.slice(0, 17)]).toEqual(['ada', 'connect.sid=2031.'])
  expect((await after.get('/look', renewed.cookie)).headers['set-cookie']).toBeUndefined()
  clock.advance(hour)
  expect((await after.get('/look', cookie)).body).toBe('nobody')
})

describe('behind cookie-parser with a secret that is no key any more', () => {
  const shop = async (): Promise<{ readonly value: string; readonly port: number }> => {
    const vault = new Vault()
    const { cookie } = await vault.start({ keys: [newKey] }).newcomer(ada)
    const app = express()
    app.use(cookieParser(plainSecret))
    app.use(session({ keys: [newKey], store: vault.store, clock: vault.clock }))
    app.get('/', ({ session: visited }, response) => {
      response.end(String(Reflect.get(visited, 'user') ?? 'nobody'))
    })
    const port = await serve(app as unknown as Listener)
    return { value: new Signer([plainSecret]).write(idIn(cookie)), port }
  }

  test('a cookie that only the parser accepts opens nothing (B8)', async () => {
    const { value, port } = await shop()
    const spellings = [
      'connect.sid=',
      ' connect.sid=',
      'connect.sid= ',
      'connect.sid=; connect.sid=',
      '\u00a0connect.sid=',
    ]
    for (const spelling of spellings) {
      const { body } = await ask(port, '/', { headers: { cookie: `${spelling}${value}` } })
      expect(body).toBe('nobody')
    }
  })

  // What the parser has verified is taken at its word, whatever the keys say: white space before the `=` makes the
  // cookie one that the parser finds and Sojourn does not.
  test('nor does one with white space behind its name', async () => {
    const { value, port } = await shop()
    for (const name of ['connect.sid ', 'connect.sid\t']) {
      const { body } = await ask(port, '/', { headers: { cookie: `${name}=${value}` } })
      expect(body).toBe('nobody')
    }
  })
})

describe('secrets that are short (B9)', () => {
  const short = 'keyboard cat'
  const shorts = [short, [plainSecret, short], Buffer.from(short), createSecretKey(Buffer.from(short))]
  let warnings: string[] = []
  // A warning is given once in a process, so that each test has a library of its own.
  let library: typeof import('sojourn')

  beforeEach(async () => {
    vi.resetModules()
    library = await import('sojourn')
    warnings = []
    vi.spyOn(process, 'emitWarning').mockImplementation((message, options) => {
      warnings.push(`${Reflect.get(Object(options), 'code')}: ${String(message)}`)
    })
  })
  afterEach(() => {
    vi.restoreAllMocks()
    vi.unstubAllEnvs()
  })

  test.each(shorts)('`createSessions` throws in production: %#', secret => {
    vi.stubEnv('NODE_ENV', 'production')
    const message = messageOf(() => library.createSessions({ secret }))
    expect(message).toMatch(/`secret`.* 32 bytes.*randomBytes\(32\)/)
    expect([message.includes(short), warnings]).toEqual([false, []])
  })

  test.each(shorts)('`createSessions` warns elsewhere, once: %#', secret => {
    for (const environment of ['development', 'test', '']) {
      vi.stubEnv('NODE_ENV', environment)
      library.createSessions({ secret })
    }
    expect(warnings).toEqual([expect.stringMatching(/^SOJOURN_SECRET: .*32 bytes.*randomBytes\(32\)/)])
    expect(warnings.join()).not.toContain(short)
  })

  test.each(['production', 'development'])('the drop-in warns in %s, once, and goes on', environment => {
    vi.stubEnv('NODE_ENV', environment)
    for (const secret of shorts) library.default({ secret })
    expect(warnings).toEqual([expect.stringMatching(/^SOJOURN_SECRET: /)])
    expect(warnings.join()).not.toContain(short)
  })

  test.each(['production', 'development'])('`keys` throw in %s, in both doors', environment => {
    vi.stubEnv('NODE_ENV', environment)
    for (const open of [library.createSessions, library.default] as ((options: object) => unknown)[]) {
      for (const secret of [short, Buffer.from(short), createSecretKey(Buffer.from(short)), 'é'.repeat(15)]) {
        const message = messageOf(() => open({ keys: [newKey, { id: 'short', secret }] }))
        expect(message).toMatch(/`keys\[1\]\.secret`.*32 bytes/)
        expect(message).not.toContain(String(secret))
      }
    }
    expect(warnings).toEqual([])
  })

  test('what is long enough is said nothing about, counted in bytes', () => {
    vi.stubEnv('NODE_ENV', 'production')
    for (const secret of ['x'.repeat(32), 'é'.repeat(16), Buffer.alloc(32)]) {
      library.createSessions({ secret })
      library.createSessions({ keys: [{ id: 'a', secret }] })
      library.default({ secret })
    }
    expect(warnings).toEqual([])
  })
})

describe('options that are wrong are told at construction, without showing a secret', () => {
  const leak = 'hunter2-hunter2-hunter2-hunter2-hunter2'
  const { id } = newKey
  test.each([
    ['no keys', { keys: [] }],
    ['keys that are null', { keys: null }],
    ['keys that are text', { keys: leak }],
    ['keys that are bytes', { keys: Buffer.from(leak) }],
    ['keys that are one key', { keys: { id, secret: leak } }],
    ['a key that is text', { keys: [leak] }],
    ['a key that is missing', { keys: [undefined] }],
    ['a hole', { keys: Object.assign([], { 0: newKey, 2: oldKey }) }],
    ['a key without an id', { keys: [{ secret: leak }] }],
    ['a secret for an id', { keys: [{ id: `${leak}!`, secret: 'a' }] }],
    ['id and secret exchanged', { keys: [{ id: 'a b', secret: leak }] }],
    ['a key without a secret', { keys: [{ id }] }],
    ['an unknown name', { keys: [{ id, secret: leak, expires: 1 }] }],
    ['two keys of one id', { keys: [newKey, { id, secret: leak }] }],
    [
      'two keys of one secret',
      {
        keys: [
          { id, secret: leak },
          { id: 'b', secret: Buffer.from(leak) },
        ],
      },
    ],
    ['`notAfter` as text', { keys: [{ id, secret: leak, notAfter: '2031-01-01' }] }],
    ['`notAfter` that is no date', { keys: [{ id, secret: leak, notAfter: new Date(leak) }] }],
    ['`revoked` as text', { keys: [{ id, secret: leak, revoked: 'no' }] }],
    ['only revoked keys', { keys: [{ id, secret: leak, revoked: true }] }],
    ['only keys that are over', { keys: [{ id, secret: leak, notAfter: 0 }] }],
    [
      'a revoked key that still stands in `secret`',
      { keys: [newKey, { id: 'b', secret: leak, revoked: true }], secret: leak },
    ],
    [
      'the same among several, as bytes',
      { keys: [newKey, { id: 'b', secret: Buffer.from(leak), revoked: true }], secret: [plainSecret, leak] },
    ],
    ['`legacyUntil` as text', { keys: [newKey], legacyUntil: '2031-01-01' }],
    ['`legacyUntil` that is no date', { keys: [newKey], legacyUntil: new Date(Number.NaN) }],
    ['`seal` that is true', { keys: [newKey], seal: true }],
    ['`seal` that is a secret', { keys: [newKey], seal: leak }],
    ['`seal` that is null', { keys: [newKey], seal: null }],
    ['`codec` that is unknown', { keys: [newKey], codec: 'msgpack' }],
    ['a secret that is an object', { secret: { key: leak } }],
    ['one secret of several that is none', { secret: [leak, 7] }],
  ] as [string, object][])('%s', (_what, options) => {
    for (const open of [create, session] as ((options: object) => unknown)[]) {
      // express-session took any secret, and the drop-in has its own tests for those.
      if (open === session && !('keys' in options)) continue
      const message = messageOf(() => open(options))
      expect(message).toMatch(/^Expected /)
      expect(message).not.toContain('hunter2')
    }
  })

  test('`seal` and `codec` with a store for express-session', () => {
    const store = Object.assign(new EventEmitter(), { get() {}, set() {}, destroy() {} }) as never
    for (const options of [{ seal: 'server' }, { seal: 'visitor' }, { codec: 'structured' }] as const) {
      expect(messageOf(() => session({ keys: [newKey], store, ...options }))).toMatch(/`(seal|codec)`/)
    }
  })

  test('an error at construction leaves nothing behind that would disturb the next one', () => {
    messageOf(() => create({ keys: [] }))
    expect(create({ keys: [newKey], seal: 'visitor' })).toBeDefined()
  })
})

test('what the manager tells of its policy names the keys, and shows none', () => {
  const vault = new Vault()
  const keys = [newKey, { ...oldKey, revoked: true }]
  const told = vault.start({ keys, secret: plainSecret, seal: 'visitor' }).sessions.describe()
  expect(told).toMatch(/2031 writes.*2030 revoked/)
  expect(told).toContain('sealed for the visitor')
  for (const secret of [newKey.secret, oldKey.secret, plainSecret]) expect(told).not.toContain(secret)
})

function create(options: object): unknown {
  return new Vault().start(options)
}

/** The message of the error that a mistake in the options is. */
function messageOf(open: () => unknown): string {
  try {
    open()
  } catch (error) {
    expect(error).toMatchObject({ name: 'SojournError', code: 'OPTION_INVALID' })
    expect(error).not.toHaveProperty('cause')
    return String(Reflect.get(Object(error), 'message'))
  }
  return expect.unreachable('it was accepted')
}

/** The cookie of a session as the newer key signs it, without any request. */
function signedAnew({ clock }: Vault, id: string): string {
  const ring = KeyRing.of([newKey], clock)
  return `connect.sid=${new RingSigner(ring, { cookieName: 'connect.sid' }).write(id)}`
}

async function openWeb(options: object): Promise<Web> {
  const web = await new Web(session(options)).open()
  onTestFinished(() => web.close())
  web.on('/in', ({ session: visited }) => void (visited['user'] = 'ada'))
  return web.on('/look', ({ session: visited }) => String(visited['user'] ?? 'nobody'))
}
