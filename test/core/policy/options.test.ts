import { createPrivateKey, createSecretKey, generateKeyPairSync } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { describe, expect, test } from 'vitest'
import { createSessions } from '../../../src/adapters/create-sessions.ts'
import { checkOptions } from '../../../src/core/policy/option-checks.ts'
import { resolveOptions, type SessionsOptions } from '../../../src/core/policy/options.ts'
import { memoryStore } from '../../../src/stores/memory.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'

const secret = 'a secret that only the tests know'
const accepted: { readonly [option: string]: string } = {
  secret: 'a string, bytes, a KeyObject',
  store: 'store',
  name: 'cookie name',
  cookie: 'cookie attributes',
  genid: 'function',
  idle: "'20m'",
  absolute: "'20m'",
  touchEvery: "'20m'",
  deadline: "'20m'",
  duplicates: "'first-valid' or 'reject'",
  rolling: 'true or false',
  resave: 'true or false',
  saveUninitialized: 'true or false',
  unset: "'keep' or 'destroy'",
  onLoadFailure: "'fail' or 'anonymous'",
  onCommitFailure: "'fail' or 'send'",
  clock: '`now` and `after`',
  preset: "'nist-aal1' or 'nist-aal2' or 'nist-aal3'",
  passive: 'function',
  rotateEvery: "'20m'",
  rotationGrace: "'20m'",
  onReplay: "'refuse' or 'end'",
  maxPerSubject: 'a whole number of at least 1',
  atLimit: "'evict-oldest' or 'refuse'",
  addresses: "'whole' or 'truncated' or 'none'",
  onGone: "'drop' or 'fail'",
  onConflict: 'function',
  keys: 'keys',
  legacyUntil: 'a Date or milliseconds since 1970',
  seal: "'server' or 'visitor' or false",
  codec: "'json' or 'structured'",
}

describe('a wrong option throws at construction, and the message names the option, the given value and the accepted ones', () => {
  const spans = ['idle', 'absolute', 'touchEvery', 'deadline', 'rotateEvery', 'rotationGrace']
  const durations = spans.flatMap(option => [
    ...[[option, '20 mins', "'20 mins'"] as const, [option, '1 hour ', "'1 hour '"] as const],
    ...[[option, '', "''"] as const, [option, -1, '-1'] as const, [option, true, 'true'] as const],
    ...[[option, Number.NaN, 'NaN'] as const, [option, Number.POSITIVE_INFINITY, 'Infinity'] as const],
    ...[[option, null, 'null'] as const, [option, {}, 'an object (Object)'] as const],
  ])
  const flags = ['rolling', 'resave', 'saveUninitialized'].flatMap(option => [
    ...[[option, 'yes', "'yes'"] as const, [option, 1, '1'] as const, [option, null, 'null'] as const],
  ])
  const words = ['duplicates', 'unset', 'onLoadFailure', 'onCommitFailure', 'preset', 'onReplay', 'atLimit']
  const choices = [...words, 'addresses', 'onGone', 'codec'].flatMap(option => [
    ...[
      [option, 'maybe', "'maybe'"] as const,
      [option, true, 'true'] as const,
      [option, null, 'null'] as const,
    ],
    [option, '', "''"] as const,
  ])

  test.each([
    ...[...durations, ...flags, ...choices],
    ...(['idle', 'absolute', 'deadline', 'rotateEvery'] as const).map(option => [option, 0, '0'] as const),
    ['store', null, 'null'],
    ['store', 'redis://localhost', 'a string'],
    ['store', [], 'an empty array'],
    ['store', memoryStore, 'a function'],
    ['name', '', "''"],
    ['name', 'a b', "'a b'"],
    ['name', 'a;b', "'a;b'"],
    ['name', '__proto__', "'__proto__'"],
    ['name', null, 'null'],
    ['name', 7, '7'],
    ['cookie', null, 'null'],
    ['cookie', 'secure', "'secure'"],
    ['cookie', [], 'an empty array'],
    ['cookie', true, 'true'],
    ['genid', 'uuid', "'uuid'"],
    ['genid', null, 'null'],
    ['genid', {}, 'an object (Object)'],
    ['clock', Date, 'a function'],
    ['clock', null, 'null'],
    ['clock', { now: Date.now }, 'an object (Object)'],
    ['preset', 'nist-aal4', "'nist-aal4'"],
    ['preset', 'toString', "'toString'"],
    ['preset', 2, '2'],
    ['seal', 'Server', 'a string'],
    ['seal', '', 'an empty string'],
    ['seal', true, 'true'],
    ['seal', null, 'null'],
    ['codec', 'toString', "'toString'"],
    ['codec', {}, 'an object (Object)'],
    ...['passive', 'onConflict'].flatMap(option => [
      ...[[option, true, 'true'] as const, [option, null, 'null'] as const],
      ...[[option, 'mine', "'mine'"] as const, [option, /poll/, 'an object (RegExp)'] as const],
    ]),
    ...[0, -1, 1.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY].map(
      most => ['maxPerSubject', most, String(most)] as const,
    ),
    ['maxPerSubject', '3', "'3'"],
    ['maxPerSubject', null, 'null'],
    ['maxPerSubject', true, 'true'],
    ['legacyUntil', '2030-01-01', "'2030-01-01'"],
    ['legacyUntil', new Date(Number.NaN), 'an object (Date)'],
    ['legacyUntil', Number.NaN, 'NaN'],
    ['legacyUntil', Number.POSITIVE_INFINITY, 'Infinity'],
    ['legacyUntil', null, 'null'],
    ['legacyUntil', true, 'true'],
    ['keys', [], 'an empty array'],
    ['keys', {}, 'an object (Object)'],
    ['keys', secret, 'a string'],
    ['keys', null, 'null'],
    ['secret', null, 'null'],
    ['secret', '', 'an empty string'],
    ['secret', [], 'an empty array'],
    ['secret', [secret, ''], 'an array'],
    ['secret', [secret, undefined], 'an array'],
    ['secret', true, 'true'],
    ['secret', () => secret, 'a function'],
  ] as [string, unknown, string][])('%s: %o', (option, value, given) => {
    const error = errorOf({ [option]: value })
    expect(error).toMatchObject({ name: 'SojournError', code: 'OPTION_INVALID' })
    expect(error).toHaveProperty('message', expect.stringContaining(`\`${option}\``))
    expect(error).toHaveProperty('message', expect.stringContaining(given))
    expect(error).toHaveProperty('message', expect.stringContaining(accepted[option] ?? '?'))
  })

  test('the error for an unknown option lists the known ones', () => {
    expect(errorOf({ secert: 'x' })).toHaveProperty(
      'message',
      expect.stringMatching(/`secert`.*secret, keys, .*store/),
    )
    for (const name of ['toString', 'constructor', 'proxy', 'key', 'maxAge']) {
      expect(errorOf({ [name]: 1 })).toMatchObject({ code: 'OPTION_INVALID' })
    }
  })

  test('an object without any of the verbs is no store', () => {
    for (const store of [{}, new Map(), new EventEmitter(), { name: 'half', load: () => undefined }]) {
      expect(errorOf({ store })).toMatchObject({ code: 'OPTION_INVALID' })
    }
  })
})

describe('the secret', () => {
  test('without a secret there is no manager', () => {
    expect(() => createSessions({} as never)).toThrow(/`secret`/)
    expect(() => createSessions({ secret: undefined as never })).toThrow(/`secret`/)
  })

  test('without options there is no manager', () => {
    for (const options of [undefined, null]) {
      expect(() => createSessions(options as never)).toThrow(
        expect.objectContaining({ code: 'OPTION_INVALID' }),
      )
    }
  })

  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  test.each([
    ['no bytes', new Uint8Array(0)],
    ['an object', {}],
    ['an array in an array', [[secret]]],
    ['a date', new Date()],
    ['a private key', privateKey],
    ['a public key', publicKey],
    ['an object among secrets', [secret, {}]],
    ['a key pair read from PEM', createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' }))],
  ])('%s cannot sign, and throws at construction', (_kind, value) => {
    expect(errorOf({ secret: value })).toMatchObject({ code: 'OPTION_INVALID' })
  })

  test.each([
    ['a text', secret],
    ['bytes', Buffer.from(secret)],
    ['a plain Uint8Array', new Uint8Array(32)],
    ['a key object', createSecretKey(Buffer.from(secret))],
    ['several', [secret, Buffer.from('old'), createSecretKey(Buffer.from('older'))]],
  ])('%s signs', (_kind, value) => {
    expect(errorOf({ secret: value })).toBeUndefined()
  })

  test.each([
    ['a number', 271_828_182_845],
    ['a large number', 271828182845n],
    ['a symbol', Symbol('271828182845')],
    ['an array with a number', [271_828_182_845]],
    ['an object', { secret: '271828182845' }],
    ['a wrong secret beside a right one', ['271828182845', '']],
  ])('%s in the place of a secret is never in the message', (_kind, value) => {
    const error = errorOf({ secret: value })
    expect(error).toMatchObject({ code: 'OPTION_INVALID' })
    expect(String(error)).not.toContain('271828182845')
  })

  test.each([secret, 271_828_182_845, [secret], [{ id: secret, secret: 'short' }], [{ secret }], { secret }])(
    '%o in the place of keys is never in the message',
    value => {
      const error = errorOf({ keys: value })
      expect(error).toMatchObject({ code: 'OPTION_INVALID' })
      expect(String(error)).not.toMatch(/that only the tests know|271828182845/)
    },
  )
})

describe('right options', () => {
  test.each([
    { cookie: {} },
    { cookie: () => ({ secure: 'auto' }) },
    { name: '__Host-sid', cookie: { secure: true } },
    { idle: '20m', absolute: '7d', touchEvery: '1m', deadline: 2500 },
    { idle: 1, absolute: 1, touchEvery: 1, deadline: 1 },
    { duplicates: 'reject', unset: 'destroy', onLoadFailure: 'anonymous', onCommitFailure: 'send' },
    { rolling: true, resave: true, saveUninitialized: true },
    { preset: 'nist-aal1' },
    { preset: 'nist-aal2', idle: '5m' },
    { rotateEvery: 1, rotationGrace: 0, onReplay: 'end' },
    { maxPerSubject: 1, atLimit: 'refuse', addresses: 'none' },
    { maxPerSubject: Number.MAX_SAFE_INTEGER, atLimit: 'evict-oldest', addresses: 'truncated' },
    { passive: () => true, onConflict: () => 1, onGone: 'fail' },
    { keys: [{ id: 'now', secret }], legacyUntil: new Date(0), seal: 'visitor', codec: 'structured' },
    { legacyUntil: 0, seal: false, codec: 'json' },
    { seal: 'server', addresses: 'whole', onGone: 'drop', onReplay: 'refuse' },
    {
      preset: undefined,
      passive: undefined,
      rotateEvery: undefined,
      maxPerSubject: undefined,
      keys: undefined,
    },
    { legacyUntil: undefined, seal: undefined, codec: undefined, onConflict: undefined, atLimit: undefined },
    { store: memoryStore(), genid: () => 'a', clock: fakeClock() },
    { store: undefined, name: undefined, cookie: undefined, idle: undefined, rolling: undefined },
  ] as Partial<SessionsOptions>[])('%o', options => {
    expect(errorOf(options)).toBeUndefined()
  })

  test('the defaults are those that the documentation names', () => {
    const policy = resolveOptions({ secret })
    expect(policy).toMatchObject({
      ...{ secrets: [secret], genid: undefined, idleMs: undefined, absoluteMs: Number.POSITIVE_INFINITY },
      ...{ touchEveryMs: undefined, duplicates: 'reject', rolling: false, resave: false },
      ...{ saveUninitialized: false, unset: 'keep', onLoadFailure: 'fail', onCommitFailure: 'fail' },
    })
    expect(policy).toMatchObject({
      ...{ rotateEveryMs: undefined, graceMs: 10_000, onReplay: 'refuse', mostPerSubject: undefined },
      ...{ atLimit: 'evict-oldest', addresses: 'whole', onGone: 'drop', onConflict: undefined },
      ...{ ring: undefined, legacyUntil: undefined, seal: false, tellsPassive: false },
    })
    expect(policy.codec.name).toBe('json')
    expect(policy.isPassive({ request: undefined })).toBe(false)
    expect(policy.deadline.spanMs).toBe(5000)
    expect(policy.cookies.name).toBe('connect.sid')
  })

  test('an array of secrets is not copied, so that it can change in place', () => {
    const secrets = [secret]
    expect(resolveOptions({ secret: secrets }).secrets).toBe(secrets)
  })

  test('two cookies with a `__Host-` name are refused, whatever `duplicates` says', () => {
    for (const name of ['__Host-sid', '__HOST-sid', '__Host-Http-sid']) {
      expect(resolveOptions({ secret, name, duplicates: 'first-valid' }).duplicates).toBe('reject')
    }
    expect(resolveOptions({ secret, duplicates: 'first-valid' }).duplicates).toBe('first-valid')
  })
})

describe('which requests are passive', () => {
  const carrier = { cookieHeader: '', isSecure: true, request: { isPoll: true } }

  test('the option gets the request, and the route may also decide', () => {
    const { isPassive } = resolveOptions({
      secret,
      passive: (request: { isPoll: boolean }) => request.isPoll,
    })
    expect(isPassive(carrier)).toBe(true)
    expect(isPassive({ ...carrier, request: { isPoll: false } })).toBe(false)
    expect(isPassive({ ...carrier, request: { isPoll: false }, isPassive: true })).toBe(true)
  })

  test('only `true` counts as yes', () => {
    for (const answer of [1, 'yes', {}, Promise.resolve(true), undefined]) {
      expect(resolveOptions({ secret, passive: () => answer as never }).isPassive(carrier)).toBe(false)
    }
  })
})

describe('reporting', () => {
  test('the caller gets each problem with its option, and decides what to do', () => {
    const reported: string[] = []
    const options = { rolling: 1, idle: 'x', cookie: { sameSite: 'bogus' }, bogus: 1 }
    checkOptions(options, option => reported.push(option))
    expect(reported).toEqual(['rolling', 'idle', 'bogus', 'cookie'])
  })
})

function errorOf(options: object): unknown {
  try {
    createSessions({ secret, ...options })
    return undefined
  } catch (error) {
    return error
  }
}
