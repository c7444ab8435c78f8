import session from 'sojourn'
import { describe, expect, test } from 'vitest'
import type { SessionsOptions } from '../../../src/core/policy/options.ts'
import { ScriptedStore } from '../../stores/scripted-store.ts'
import { hour, minute, secret, stage } from '../stage.ts'

const oldSecret = 'an old secret that only the tests know'
const keys = [
  { id: '2030-02', secret },
  { id: '2030-01', secret: oldSecret, notAfter: Date.UTC(2031, 0, 1) },
]

describe('the description of the defaults', () => {
  test.each([
    ['cookie', 'connect.sid; Path=/; HttpOnly'],
    ['idle timeout', '1d, activity recorded every 1m, so never earlier and at most 1m later'],
    ['absolute timeout', 'none'],
    ['new id', 'on sign-in'],
    ['sessions per subject', 'any number'],
    ['passive requests', 'only where the route says so'],
    ['keys', expect.stringMatching(/^[\w-]+ writes$/)],
    ['data in the store', 'json, not sealed'],
    ['changes after the end', 'dropped'],
    ['store', 'watched, keyed by a hash of the id, answers within 5s or fails'],
  ])('%s: %s', (name, told) => {
    expect(linesWith()[name]).toEqual(told)
  })

  test('each item has one line, and all values begin at the same column', () => {
    const lines = stage().sessions.describe().split('\n')
    expect(lines).toHaveLength(10)
    for (const line of lines) expect(line).toMatch(/^.{21} {2}\S/)
  })
})

describe('the description of', () => {
  test.each<[string, Partial<SessionsOptions>, string]>([
    ['the cookie', { name: 'sid' }, 'sid; Path=/; HttpOnly'],
    ['the cookie', { name: 'a$&b' }, 'a$&b; Path=/; HttpOnly'],
    [
      'the cookie',
      { name: '__Host-sid', cookie: { secure: true, sameSite: 'lax', maxAge: hour } },
      '__Host-sid; Path=/; Max-Age=3600; HttpOnly; Secure; SameSite=Lax',
    ],
    [
      'the cookie',
      { cookie: { secure: 'auto', sameSite: 'auto' } },
      'connect.sid; Path=/; HttpOnly; Secure; SameSite=None',
    ],
    ['the cookie', { cookie: { httpOnly: false, path: '/app' } }, 'connect.sid; Path=/app'],
    ['the cookie', { cookie: () => ({ secure: true }) }, 'connect.sid; Path=/; HttpOnly; Secure'],
    [
      'the cookie',
      { cookie: (request: { readonly path: string }) => ({ path: request.path }) },
      'connect.sid, with attributes that depend on the request',
    ],
    [
      'the idle timeout',
      { idle: '20m' },
      '20m, activity recorded every 1m, so never earlier and at most 1m later',
    ],
    [
      'the idle timeout',
      { cookie: { maxAge: 10_000 } },
      "10s, by the cookie's maxAge, activity recorded every 1s, so never earlier and at most 1s later",
    ],
    [
      'the idle timeout',
      { idle: '1h', touchEvery: 0, cookie: { maxAge: 20 * minute } },
      '20m, activity recorded every 0ms, so never earlier and at most 0ms later',
    ],
    [
      'the idle timeout',
      { preset: 'nist-aal3' },
      '14m, activity recorded every 1m, so never earlier and at most 1m later',
    ],
    ['the absolute timeout', { absolute: '8h' }, '8h'],
    ['the absolute timeout', { absolute: 1500 }, '1500ms'],
    ['the absolute timeout', { absolute: '90m' }, '90m'],
    ['the absolute timeout', { absolute: '2w' }, '14d'],
    ['the absolute timeout', { preset: 'nist-aal2' }, '1d'],
    ['a new id', { rotateEvery: '15m' }, 'on sign-in and every 15m, with 10s of grace for the old one'],
    [
      'a new id',
      { rotateEvery: '15m', rotationGrace: '2s', onReplay: 'end' },
      'on sign-in and every 15m, with 2s of grace for the old one, whose use after that ends the session',
    ],
    ['the sessions of one subject', { maxPerSubject: 3 }, '3, then the earliest sign-in ends'],
    [
      'the sessions of one subject',
      { maxPerSubject: 1, atLimit: 'refuse' },
      '1, then the next sign-in is refused',
    ],
    ['passive requests', { passive: () => true }, 'by the option'],
    ['the keys', { keys }, '2030-02 writes, 2030-01 reads until 2031-01-01T00:00:00.000Z'],
    [
      'the keys',
      {
        keys: [
          { id: 'gone', secret: oldSecret, revoked: true },
          { id: 'now', secret },
        ],
      },
      'gone revoked, now writes',
    ],
    ['the data in the store', { seal: 'server', codec: 'structured' }, 'structured, sealed for the server'],
    ['the data in the store', { seal: 'visitor' }, 'json, sealed for the visitor and the server together'],
    ['changes after the end', { onGone: 'fail' }, 'an error response'],
    ['the store', { deadline: 250 }, 'watched, keyed by a hash of the id, answers within 250ms or fails'],
  ])('%s, with %o: %s', (_thing, options, told) => {
    expect(Object.values(linesWith(options))).toContain(told)
  })

  test('a cookie that can never be written throws', () => {
    const { sessions } = stage({ cookie: () => ({ sameSite: 'bogus' }) as never })
    expect(() => sessions.describe()).toThrow(expect.objectContaining({ code: 'COOKIE_INVALID' }))
  })

  test('an expired key is shown as expired', () => {
    const { clock, sessions } = stage({ keys })
    clock.advance(366 * 24 * hour)
    expect(linesOf(sessions.describe())['keys']).toContain('2030-01 expired until')
  })
})

describe('the description of a store for express-session', () => {
  test('says that the store decides, and that the data is in its own format', () => {
    const { sessions } = session({ secret, store: new ScriptedStore() })
    expect(linesOf(sessions.describe())).toMatchObject({
      'idle timeout': "decided by the store, by the cookie's maxAge",
      'data in the store': 'as other software writes it',
      store: 'ScriptedStore, keyed by the id itself, answers within 5s or fails',
    })
  })

  test('says that each request brings the secret', () => {
    const { sessions } = session({ store: new ScriptedStore() })
    expect(linesOf(sessions.describe())['keys']).toBe('the secret that each request brings')
  })
})

describe('the description never contains', () => {
  test.each<[string, Partial<SessionsOptions>]>([
    ['a secret', { secret }],
    ['one of several secrets', { secret: [secret, oldSecret] }],
    ['the secret of a key', { keys }],
    ['the secret behind the keys', { keys, secret: oldSecret }],
    ['a secret that seals', { secret, seal: 'visitor' }],
  ])('%s', (_what, options) => {
    const told = stage(options).sessions.describe()
    for (const one of [secret, oldSecret]) {
      for (const encoding of ['utf8', 'hex', 'base64', 'base64url'] as const) {
        expect(told).not.toContain(Buffer.from(one).toString(encoding))
      }
    }
  })

  test('the existing sessions: no id, no handle, no subject', async () => {
    const at = stage({ maxPerSubject: 3 })
    const before = at.sessions.describe()
    const ada = at.visitor()
    await ada.request(session => session.signIn('ada@example.org'))
    expect(ada.id).toHaveLength(32)
    expect(at.sessions.describe()).toBe(before)
  })
})

function linesWith(options: Partial<SessionsOptions> = {}): Record<string, string> {
  return linesOf(stage(options).sessions.describe())
}

function linesOf(told: string): Record<string, string> {
  return Object.fromEntries(told.split('\n').map(line => line.split(/ {2,}(.*)/s).slice(0, 2)))
}
