import RedisStore7 from 'connect-redis7'
import { RedisStore as RedisStore9 } from 'connect-redis9'
import { RedisStore as RedisStore10 } from 'connect-redis10'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { type SessionOptions, session } from 'sojourn'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Listener, plain, type Route, serve } from '../../support/servers.ts'
import { describeService } from '../../support/services/commands.ts'
import { RedisServer } from '../../support/services/redis.ts'

// Its types are for whoever has no others of the same names, so that it is named as text.
const expressSession = (await import('express-session' as string)).default as (options: object) => Listener
const hourMs = 3_600_000

/** Signs in, counts, tells and signs out, as any application does. */
const shop: Route = ({ url, session: visited }, response) => {
  if (url === '/out') {
    visited.destroy(() => response.end('out'))
    return
  }
  if (url === '/in') Object.assign(visited, { user: 'ada', cart: { tea: 1 } })
  if (url === '/add') visited['cart'] = { tea: Number(Reflect.get(Object(visited['cart']), 'tea')) + 1 }
  response.end(JSON.stringify({ user: visited['user'], cart: visited['cart'] }))
}

interface Answer {
  readonly said: unknown
  readonly cookie: string
  readonly isCookieSent: boolean
}

async function ask(port: number, path: string, cookie = ''): Promise<Answer> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { cookie } })
  const [set] = answer.headers.getSetCookie()
  const text = await answer.text()
  return {
    said: text.startsWith('{') ? JSON.parse(text) : text,
    cookie: (set ?? cookie).split(';', 1).join(),
    isCookieSent: set !== undefined,
  }
}

const ada = (tea: number): object => ({ user: 'ada', cart: { tea } })

describeService(
  'a store of connect-redis that Sojourn and express-session have in common',
  'redis-server',
  () => {
    let server: RedisServer
    let sending: ReturnType<typeof createClient>
    let calling: Redis

    beforeAll(async () => {
      server = await RedisServer.start()
      sending = (await createClient({ url: server.url }).connect()) as never
      calling = new Redis({ port: server.port, host: '127.0.0.1' })
    })
    beforeEach(async () => {
      await server.send('FLUSHALL')
    })
    afterAll(async () => {
      sending?.destroy()
      calling?.disconnect()
      await server.stop()
    })

    const pairs: readonly (readonly [title: string, makeStore: () => object])[] = [
      ['connect-redis 7 on node-redis', () => new RedisStore7({ client: sending })],
      ['connect-redis 7 on ioredis', () => new RedisStore7({ client: calling })],
      ['connect-redis 9 on node-redis', () => new RedisStore9({ client: sending } as never)],
      ['connect-redis 10 on node-redis', () => new RedisStore10({ client: sending } as never)],
    ]

    describe.each(pairs)('%s', (_title, makeStore) => {
      const options = {
        secret: 'a secret that both of them have had',
        resave: false,
        saveUninitialized: false,
        cookie: { maxAge: hourMs },
      }

      /** The same shop twice, each as a process of its own would have it: with a store of its own. */
      async function openBoth(): Promise<{ ours: number; theirs: number }> {
        const mine: SessionOptions = { ...options, store: makeStore() as never }
        return {
          ours: await serve(plain(session(mine), shop)),
          theirs: await serve(plain(expressSession({ ...options, store: makeStore() }) as never, shop)),
        }
      }

      async function onlyKey(): Promise<string> {
        const keys = (await server.send('KEYS', '*')) as readonly string[]
        expect(keys).toHaveLength(1)
        return String(keys[0])
      }

      async function kept(): Promise<{ cookie: { expires: string; originalMaxAge: number } }> {
        return JSON.parse(String(await server.send('GET', await onlyKey())))
      }

      async function restMs(): Promise<number> {
        return Number(await server.send('PTTL', await onlyKey()))
      }

      test('each reads what the other writes, turn by turn, under one cookie', async () => {
        const { ours, theirs } = await openBoth()
        const { cookie, said } = await ask(ours, '/in')
        expect(said).toEqual(ada(1))
        for (const [index, port] of [theirs, ours, theirs, ours].entries()) {
          expect(await ask(port, '/', cookie)).toEqual({ said: ada(index + 1), cookie, isCookieSent: false })
          expect((await ask(port, '/add', cookie)).said).toEqual(ada(index + 2))
        }
        await onlyKey()
      })

      test('Sojourn leaves the text and the end of the key that express-session leaves', async () => {
        const { ours, theirs } = await openBoth()
        const written: Awaited<ReturnType<typeof kept>>[] = []
        for (const port of [ours, theirs]) {
          await server.send('FLUSHALL')
          const before = Date.now()
          await ask(port, '/in')
          const text = await kept()
          const endsInMs = Date.parse(text.cookie.expires) - before
          expect(endsInMs).toBeGreaterThan(hourMs - 1)
          expect(endsInMs).toBeLessThan(hourMs + 2000)
          expect(Math.abs((await restMs()) - hourMs)).toBeLessThan(2000)
          // express-session reads the clock once for the end and once more for the length.
          expect(hourMs - text.cookie.originalMaxAge).toBeLessThan(port === ours ? 1 : 1000)
          written.push({ ...text, cookie: { ...text.cookie, expires: 'in an hour', originalMaxAge: hourMs } })
        }
        expect(written[0]).toEqual(written[1])
      })

      test('a look at either side renews the end of the key', async () => {
        const { ours, theirs } = await openBoth()
        const { cookie } = await ask(ours, '/in')
        for (const port of [ours, theirs]) {
          await server.send('PEXPIRE', await onlyKey(), '100000')
          await ask(port, '/', cookie)
          expect(await restMs()).toBeGreaterThan(hourMs - 2000)
        }
      })

      test('a logout on either side holds on the other', async () => {
        const { ours, theirs } = await openBoth()
        for (const [leaving, other] of [
          [ours, theirs],
          [theirs, ours],
        ] as const) {
          const { cookie } = await ask(leaving, '/in')
          expect((await ask(other, '/', cookie)).said).toEqual(ada(1))
          expect((await ask(leaving, '/out', cookie)).said).toBe('out')
          expect(await server.send('DBSIZE')).toBe(0)
          expect((await ask(other, '/', cookie)).said).toEqual({})
        }
      })
    })
  },
)
