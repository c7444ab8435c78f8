import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { type OpenedStore, openStore, SojournError } from 'sojourn'
import { type RedisRecords, redisStore } from 'sojourn/redis'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { certificate } from '../../compatibility/certificate.ts'
import { describeService } from '../../support/services/commands.ts'
import { RedisServer } from '../../support/services/redis.ts'
import { freePort } from '../../support/services/server-process.ts'
import { TcpProxy } from '../../support/tcp-proxy.ts'
import { drivers, pools } from './clients.ts'
import { install } from './installed.ts'
import { recordOf } from './records.ts'

const secret = 'open sesame'
const encoded = encodeURIComponent(secret)

/** What an attempt throws or rejects with. */
async function errorOf(attempt: () => unknown): Promise<SojournError> {
  try {
    await attempt()
  } catch (error) {
    expect(error).toBeInstanceOf(SojournError)
    return error as SojournError
  }
  throw new Error('Expected an error.')
}

/** All that anybody could print of an error. */
function everythingIn(error: unknown): string {
  return inspect(error, { depth: 20, showHidden: true, getters: true })
}

describe('a URL that cannot be meant is refused before anything is opened, and is not quoted', () => {
  const urls = [
    'redis:',
    'redis://',
    'redis:///0',
    `redis://:${encoded}@`,
    `redis://:${encoded}@a,b`,
    `redis://:${encoded}@a/x`,
    `redis://:${encoded}@a/0/1`,
    `redis://:${encoded}@a:99999`,
    `redis://:${encoded}@a:port`,
    `redis://:${encoded}%zz@a`,
    `redis://a:b c@${encoded} x`,
    `redis+sentinel://:${encoded}@a,b`,
    `redis+cluster://:${encoded}@a,b/2`,
    `redis://:${encoded}@a?prefx=x`,
    `redis://:${encoded}@a?prefix=x&prefix=y`,
    `redis://:${encoded}@a?driver=predis`,
    `redis://:${encoded}@a?prefix=`,
    `redis+somehow://:${encoded}@a`,
  ]
  for (const url of urls) {
    test(url, async () => {
      const error = await errorOf(() => openStore(url))
      expect(error.code).toBe('OPTION_INVALID')
      expect(error.message).toMatch(/^Expected .*, got /)
      expect(everythingIn(error)).not.toMatch(/sesame/)
    })
  }
})

describe('options that cannot be meant are refused when the store is made', () => {
  const client = { sendCommand: () => undefined }
  const options: readonly (readonly [title: string, options: object])[] = [
    ['no client', {}],
    ['a URL in the place of the client', { client: `redis://:${encoded}@a` }],
    ['something that is no client', { client: {} }],
    ['a cluster that reads from replicas', { client: { ...client, options: { scaleReads: 'slave' } } }],
    ['an empty prefix', { client, prefix: '' }],
    ['a prefix that is no text', { client, prefix: 5 }],
    ['an option of another name', { client, ttl: 5 }],
    ['a clock that is none', { client, clock: {} }],
  ]
  for (const [title, given] of options) {
    test(title, async () => {
      const error = await errorOf(() => redisStore(given as never))
      expect(error.code).toBe('OPTION_INVALID')
      expect(everythingIn(error)).not.toMatch(/sesame/)
    })
  }
})

describe('a package that is not installed is named', () => {
  const takeBack: (() => void)[] = []
  afterEach(() => {
    for (const back of takeBack.splice(0).reverse()) back()
  })

  function without(...missing: readonly string[]): void {
    for (const name of missing) takeBack.push(install(name, undefined))
  }

  test('without both the message says which one to install', async () => {
    without('redis', 'ioredis')
    const error = await errorOf(() => openStore('redis://127.0.0.1:1'))
    expect(error.code).toBe('DRIVER_MISSING')
    expect(error.message).toContain('npm install redis')
  })

  test('without the one that a URL asks for it is that one', async () => {
    without('ioredis')
    const error = await errorOf(() => openStore('redis://127.0.0.1:1?driver=ioredis'))
    expect(error.message).toContain('npm install ioredis')
  })

  test('with one of them it is that one that connects', async () => {
    without('redis')
    const store = openStore('redis://127.0.0.1:1')
    await store.close()
  })
})

describeService(
  'a server that cannot be used is reported at start, without the password',
  'redis-server',
  () => {
    let server: RedisServer
    let open: RedisServer
    let tls: RedisServer
    const stores: OpenedStore[] = []

    beforeAll(async () => {
      server = await RedisServer.start({ password: secret })
      open = await RedisServer.start()
      tls = await RedisServer.start({ parameters: await tlsParameters(open.folder) })
    })
    afterEach(async () => {
      for (const store of stores.splice(0)) await store.close()
    })
    afterAll(async () => {
      for (const each of [server, open, tls]) await each.stop()
    })

    let tlsPort: number
    async function tlsParameters(folder: string): Promise<string[]> {
      tlsPort = await freePort()
      const { key, cert } = await certificate()
      for (const [name, text] of [['key', key] as const, ['cert', cert] as const])
        writeFileSync(join(folder, name), text)
      return [
        ...[
          '--tls-port',
          String(tlsPort),
          '--tls-auth-clients',
          'no',
          '--tls-ca-cert-file',
          join(folder, 'cert'),
        ],
        ...['--tls-cert-file', join(folder, 'cert'), '--tls-key-file', join(folder, 'key')],
      ]
    }

    function opened(url: string): RedisRecords {
      // The schemes of Redis open this kind.
      const store = openStore(url) as RedisRecords
      stores.push(store)
      return store
    }

    for (const driver of ['redis', 'ioredis']) {
      const cases: readonly (readonly [title: string, url: () => string, reason: RegExp])[] = [
        [
          'a wrong password',
          () => `redis://:${encoded}1@127.0.0.1:${server.port}`,
          /does not accept the user or the pass/,
        ],
        [
          'a wrong user',
          () => `redis://eve:${encoded}@127.0.0.1:${server.port}`,
          /does not accept the user or the pass/,
        ],
        ['no password', () => `redis://127.0.0.1:${server.port}`, /demands a password/],
        ['nobody there', () => `redis://:${encoded}@127.0.0.1:1`, /nobody answers/],
        ['no such machine', () => `redis://:${encoded}@no-such-host.invalid`, /no machine of its name/],
        [
          'a server without encryption',
          () => `rediss://:${encoded}@127.0.0.1:${open.port}`,
          /both sides encrypt or neither/,
        ],
        [
          'a server that demands encryption',
          () => `redis://:${encoded}@127.0.0.1:${tlsPort}`,
          /both sides encrypt or neither/,
        ],
        [
          'a certificate nobody trusts',
          () => `rediss://:${encoded}@localhost:${tlsPort}`,
          /encrypted connection/,
        ],
      ]
      for (const [title, url, reason] of cases) {
        test(`${title}, with ${driver}`, async () => {
          const store = opened(`${url()}?driver=${driver}`)
          const error = await errorOf(() => store.ready())
          expect(error.code).toBe('STORE_UNUSABLE')
          expect(error.message).toMatch(reason)
          expect(error.cause).toBeInstanceOf(Error)
          const later = await store.load('k').catch((failure: unknown) => failure)
          expect(String(later)).toMatch(reason)
          expect(everythingIn([error, later])).not.toMatch(/sesame/)
        })
      }

      test(`the right password in a URL opens the store, with ${driver}`, async () => {
        const store = opened(
          `redis://default:${encoded}@127.0.0.1:${server.port}/3?driver=${driver}&prefix=shop:`,
        )
        const record = recordOf()
        await store.ready()
        expect(await store.create(record)).toBe(true)
        expect(await store.load(record.key)).toEqual(record)
      })
    }

    for (const [driver, connect] of [...drivers, ...pools]) {
      test(`a server that is too old, with a client of ${driver}`, async () => {
        const proxy = await TcpProxy.start(open.port)
        proxy.rewriteAnswers(bytes =>
          Buffer.from(bytes.toString('latin1').replace('redis_version:7', 'redis_version:6'), 'latin1'),
        )
        const connected = await connect(proxy.port)
        const store = redisStore({ client: connected.client })
        const error = await errorOf(() => store.create(recordOf()))
        expect(error.code).toBe('STORE_UNUSABLE')
        expect(error.message).toMatch(/Expected a server of Redis 7 or newer.* version 6\./)
        await connected.end()
        await proxy.stop()
      })

      test(`what others keep under our prefix is an error and stays, with a client of ${driver}`, async () => {
        const connected = await connect(open.port)
        const prefix = `${driver}:`
        const store = redisStore({ client: connected.client, prefix })
        const [list, text] = [recordOf(), recordOf()]
        await open.send('RPUSH', `${prefix}s:${list.key}`, secret)
        await open.send('SET', `${prefix}s:${text.key}`, secret)
        for (const record of [list, text]) {
          const calls = [
            () => store.load(record.key),
            () => store.create(record),
            () => store.replace(record, 1),
            () => store.touch(record.key, record),
          ]
          for (const call of calls) {
            const error = await call().then(String, (failure: unknown) => failure)
            expect(String(error)).toMatch(/prefix/)
            expect(everythingIn(error)).not.toMatch(/sesame/)
          }
        }
        expect(await open.send('EXISTS', `${prefix}s:${list.key}`, `${prefix}s:${text.key}`)).toBe(2)
        await connected.end()
      })
    }
  },
)
