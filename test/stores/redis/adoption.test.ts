import { createHmac } from 'node:crypto'
import { createClient, createCluster } from 'redis'
import { type CompleteStore, createSessions, type SessionOptions, session } from 'sojourn'
import { type RedisStoreOptions, redisStore } from 'sojourn/redis'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { removeScript } from '../../../src/stores/redis/scripts.ts'
import { type Listener, plain, type Route, serve } from '../../support/servers.ts'
import { describeService } from '../../support/services/commands.ts'
import { RedisServer } from '../../support/services/redis.ts'
import { RedisCluster } from '../../support/services/redis-cluster.ts'
import { type MakeOldStore, oldPackages, oldShop } from './old-shop.ts'

const secret = 'a secret that both of them have had'
const tomorrow = new Date(Date.now() + 86_400_000)

/** Signs in who has not, and says who is there and how often they were seen. */
const shop: Route = ({ url, session: visited }, response) => {
  if (url === '/in') Object.assign(visited, { user: 'ada', cart: ['tea'] })
  if (url === '/out') {
    visited.destroy(() => response.end('out'))
    return
  }
  visited['seen'] = Number(visited['seen'] ?? 0) + (url === '/look' ? 0 : 1)
  response.end(JSON.stringify({ user: visited['user'], cart: visited['cart'] }))
}

/** The same shop on Sojourn. */
function newShop(options: RedisStoreOptions, more: SessionOptions = {}): Listener {
  return plain(session({ secret, store: redisStore(options), cookie: { maxAge: 3_600_000 }, ...more }), shop)
}

async function ask(port: number, path: string, cookie = ''): Promise<{ cookie: string; said: string }> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { cookie } })
  const [set = cookie] = answer.headers.getSetCookie()
  return { cookie: set.split(';', 1).join(), said: await answer.text() }
}

const ada = JSON.stringify({ user: 'ada', cart: ['tea'] })
const nobody = JSON.stringify({})

describeService('sessions that connect-redis has left on a server', 'redis-server', () => {
  let server: RedisServer
  let client: ReturnType<typeof createClient>

  beforeAll(async () => {
    server = await RedisServer.start()
    client = (await createClient({ url: server.url }).connect()) as never
  })
  beforeEach(async () => {
    await client.flushAll()
  })
  afterAll(async () => {
    client?.destroy()
    await server.stop()
  })

  const adopting = (more: Partial<RedisStoreOptions> = {}): RedisStoreOptions => ({
    client,
    adopt: 'connect-redis',
    adoptUntil: tomorrow,
    ...more,
  })
  const oldKeys = () => client.keys('sess:*')
  const records = () => client.keys('sojourn:s:*')

  describe.each(oldPackages)('%s', (_version, makeOldStore) => {
    test('whoever was signed in is signed in, and has one session in one place', async () => {
      const { cookie } = await ask(await serve(oldShop(makeOldStore(client), secret, shop)), '/in')
      expect(await oldKeys()).toHaveLength(1)
      const port = await serve(newShop(adopting()))
      expect((await ask(port, '/look', cookie)).said).toBe(ada)
      expect([await oldKeys(), (await records()).length]).toEqual([[], 1])
      expect((await ask(port, '/', cookie)).said).toBe(ada)
    })

    test('a session under another prefix is found by that prefix', async () => {
      const { cookie } = await ask(await serve(oldShop(makeOldStore(client, 'shop:'), secret, shop)), '/in')
      expect((await ask(await serve(newShop(adopting())), '/', cookie)).said).toBe(nobody)
      expect((await ask(await serve(newShop(adopting({ adoptPrefix: 'shop:' }))), '/', cookie)).said).toBe(
        ada,
      )
    })
  })

  async function left(): Promise<string> {
    const [[, makeOldStore] = oldPackages[0] as never] = oldPackages
    return (await ask(await serve(oldShop((makeOldStore as MakeOldStore)(client), secret, shop)), '/in'))
      .cookie
  }

  test('the end of the key counts, and not the stale one of its cookie', async () => {
    const cookie = await left()
    const [key = ''] = await oldKeys()
    const stale = JSON.parse(String(await client.get(key)))
    stale.cookie.expires = new Date(0)
    await client.set(key, JSON.stringify(stale), { expiration: { type: 'EX', value: 100 } } as never)
    const passive = { passive: () => true }
    expect((await ask(await serve(newShop(adopting(), passive)), '/look', cookie)).said).toBe(ada)
    const [record = ''] = await records()
    // The store keeps it a minute longer for servers whose clock is ahead.
    const restMs = Number(await client.pTTL(record))
    expect(restMs).toBeGreaterThan(90_000)
    expect(restMs).toBeLessThanOrEqual(161_000)
  })

  test('a hundred requests of ten visitors at once, on two middlewares, take each session over once', async () => {
    const cookies = await Promise.all(Array.from({ length: 10 }, left))
    const ports = [await serve(newShop(adopting())), await serve(newShop(adopting()))]
    const asked = cookies.flatMap(cookie =>
      Array.from({ length: 10 }, (_, index) => ask(ports[index % 2] ?? 0, '/', cookie)),
    )
    const said = (await Promise.all(asked)).map(answer => answer.said)
    expect(new Set(said)).toEqual(new Set([ada]))
    expect([await oldKeys(), (await records()).length]).toEqual([[], 10])
  })

  test('a logout holds, and leaves nothing behind', async () => {
    const cookie = await left()
    const port = await serve(newShop(adopting()))
    await ask(port, '/out', cookie)
    expect([await oldKeys(), await records()]).toEqual([[], []])
    expect((await ask(port, '/look', cookie)).said).toBe(nobody)
  })

  test('`req.sessionStore.destroy` ends one whose visitor has not come yet', async () => {
    const cookie = await left()
    const [key = ''] = await oldKeys()
    const route: Route = (request, response) => {
      const store: CompleteStore = Reflect.get(request, 'sessionStore')
      store.destroy(key.slice('sess:'.length), error => response.end(String(error)))
    }
    const { said } = await ask(
      await serve(plain(session({ secret, store: redisStore(adopting()) }), route)),
      '/',
    )
    expect(said).toBe('null')
    expect((await ask(await serve(newShop(adopting())), '/look', cookie)).said).toBe(nobody)
  })

  test('without the option, and after its window, nobody is found and nothing is touched', async () => {
    const cookie = await left()
    for (const options of [{ client }, adopting({ adoptUntil: Date.now() })]) {
      expect((await ask(await serve(newShop(options)), '/look', cookie)).said).toBe(nobody)
      expect(await oldKeys()).toHaveLength(1)
    }
  })

  test('a record of our own is never taken for an old session, whatever the prefix', async () => {
    const port = await serve(newShop(adopting({ adoptPrefix: '' })))
    await ask(port, '/in')
    const [record = ''] = await records()
    expect(await redisStore(adopting({ adoptPrefix: '' })).findForeign(record)).toBeUndefined()
  })
})

describeService('sessions that connect-redis has left on a cluster', 'redis-server', () => {
  let cluster: RedisCluster
  beforeAll(async () => {
    cluster = await RedisCluster.start()
  }, 60_000)
  afterAll(() => cluster.stop())

  test('are taken over once, though the two places are on two servers', async () => {
    const client = await createCluster({
      rootNodes: cluster.ports.map(port => ({ socket: { host: '127.0.0.1', port } })),
    }).connect()
    try {
      const ids = Array.from({ length: 10 }, (_, index) => `id-of-old-${index}`)
      for (const id of ids) await client.set(`sess:${id}`, `{"user":"${id}","cookie":{}}`)
      const store = redisStore({ client, adopt: 'connect-redis', adoptUntil: tomorrow })
      const sessions = createSessions({ secret, store, idle: '1h' })
      const visits = [...ids, ...ids].map(id =>
        sessions.visit({ cookieHeader: cookieOf(id), isSecure: true, request: undefined }),
      )
      await Promise.all(visits.map(visit => visit.open()))
      expect(visits.map(({ session: found }) => Reflect.get(found ?? {}, 'user'))).toEqual([...ids, ...ids])
      expect(await Promise.all(ids.map(id => client.exists(`sess:${id}`)))).toEqual(ids.map(() => 0))
    } finally {
      client.destroy()
    }
  }, 60_000)

  test('stay ended after a logout, also where the old key could not be removed at the move', async () => {
    const client = await createCluster({
      rootNodes: cluster.ports.map(port => ({ socket: { host: '127.0.0.1', port } })),
    }).connect()
    let isLosing = true
    const losing = new Proxy(client, {
      get(target, name) {
        const value = Reflect.get(target, name)
        if (name !== 'sendCommand') return typeof value === 'function' ? value.bind(target) : value
        return (key: string, isReadOnly: boolean, words: string[]) =>
          isLosing && words[1] === removeScript.sha
            ? Promise.reject(new Error('Socket closed unexpectedly'))
            : target.sendCommand(key, isReadOnly, words)
      },
    })
    /** A process of its own. */
    const visitOn = async (own: RedisStoreOptions['client'], id: string) => {
      const store = redisStore({ client: own, adopt: 'connect-redis', adoptUntil: tomorrow })
      const visit = createSessions({ secret, store, idle: '1h' }).visit({
        cookieHeader: cookieOf(id),
        isSecure: true,
        request: undefined,
      })
      await visit.open()
      return visit
    }
    try {
      const id = 'id-of-old-that-leaves'
      await client.set(`sess:${id}`, '{"user":"ada","cookie":{}}')
      await expect(visitOn(losing, id)).rejects.toThrow(/take over/)
      isLosing = false
      const leaving = await visitOn(client, id)
      expect(Reflect.get(leaving.session ?? {}, 'user')).toBe('ada')
      await leaving.session?.destroy()
      await leaving.commit()
      expect((await visitOn(client, id)).outcome).toBe('missing')
    } finally {
      client.destroy()
    }
  }, 60_000)
})

/** A cookie as express-session signs it. */
function cookieOf(id: string): string {
  const mac = createHmac('sha256', secret).update(id).digest('base64').replace(/=+$/, '')
  return `connect.sid=${encodeURIComponent(`s:${id}.${mac}`)}`
}

test.each([
  [{ adopt: 'connect-redis' }, 'Expected `adopt` and `adoptUntil` together, got one of them.'],
  [{ adoptUntil: tomorrow }, 'Expected `adopt` and `adoptUntil` together, got one of them.'],
  [{ adopt: 'redis', adoptUntil: tomorrow }, "Expected `adopt` to be 'connect-redis', got 'redis'."],
  [{ adopt: 'connect-redis', adoptUntil: 'soon' }, 'Expected `adoptUntil` to be a Date'],
])('a window that cannot be meant is refused: %j', (options, message) => {
  const client = { sendCommand: () => undefined }
  expect(() => redisStore({ client, ...options } as never)).toThrow(message)
})
