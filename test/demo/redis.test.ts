import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { describeService } from '../support/services/commands.ts'
import { RedisServer } from '../support/services/redis.ts'
import { primaryName, RedisSentinels } from '../support/services/redis-sentinel.ts'
import { InstalledShop, type RunningShop } from './installed-shop.ts'
import { iphone, tokenIn, Visitor } from './visitor.ts'

const settings = { SESSION_SECRET: 'a secret of thirty-two characters' }
const password = 'open sesame'
const encoded = encodeURIComponent(password)
/** What the shop says while it cannot reach its sessions. */
const sorry = 'The shop cannot remember anything just now. You are not signed out: please try again.'
/** What must stand in no answer and in no line of the shop's. */
const secrets = /sesame|redis:\/\/|thirty-two|127\.0\.0\.1|\.js:\d+/

/** Signed in, with something in the cart. */
async function customer(shop: RunningShop, userAgent?: string): Promise<Visitor> {
  const visitor = new Visitor(shop.origin, userAgent)
  await visitor.get('/')
  await visitor.post('/cart', { good: 'night-train' })
  expect(await visitor.postAndFollow('/sign-in', { name: 'Ada' })).toContain('Welcome, Ada.')
  return visitor
}

async function expectCart(visitor: Visitor): Promise<void> {
  const page = await visitor.get('/cart')
  expect(page).toContain('You are signed in as <strong>Ada</strong>')
  expect(page).toContain('Night Train')
}

describeService('the shop with its sessions in Redis', 'redis-server', () => {
  const open = new Set<RunningShop>()
  let installed: InstalledShop
  let server: RedisServer

  beforeAll(async () => {
    installed = await InstalledShop.install()
  }, 60_000)
  beforeEach(async () => {
    server = await RedisServer.start({
      password,
      parameters: ['--appendonly', 'yes', '--appendfsync', 'always'],
    })
  })
  afterEach(async () => {
    await Promise.all([...open].map(shop => shop.close('SIGKILL')))
    open.clear()
    await server.stop()
  })
  afterAll(() => installed?.remove())

  function url(): string {
    return `redis://:${encoded}@127.0.0.1:${server.port}`
  }

  async function openShop(store = url()): Promise<RunningShop> {
    const shop = await installed.open({ ...settings, SESSION_STORE: store })
    open.add(shop)
    return shop
  }

  test('it says where the sessions are without the password, and goes when it is told to', async () => {
    const shop = await openShop()
    await customer(shop)
    const { code, output } = await shop.close()
    expect(output).toBe(
      `The shop is at ${shop.origin} (sessions in redis, secret from SESSION_SECRET of the environment)\n`,
    )
    expect(code).toBe(0)
  })

  test('whoever was signed in when the shop was killed is signed in at the next one, with the cart', async () => {
    const shop = await openShop()
    const ada = await customer(shop)
    await shop.close('SIGKILL')
    await expectCart((await openShop()).visited(ada))
  })

  test('two shops on one server show each other’s writes, and a logout at one holds at the other', async () => {
    const [one, other] = [await openShop(), await openShop()]
    const here = await customer(one)
    const there = other.visited(here)
    await expectCart(there)
    await there.post('/cart', { good: 'red-earth' })
    expect(await here.get('/cart')).toContain('Red Earth')
    await there.post('/sign-out')
    expect(await here.get('/cart')).toMatch(/session is not there any more[\s\S]*nothing in it yet/)
  })

  test('all other sessions of a customer end at both shops, and this one goes on', async () => {
    const [one, other] = [await openShop(), await openShop()]
    const ada = await customer(one)
    const others = [await customer(one, iphone), await customer(other, iphone)]
    const page = await ada.get('/account')
    expect(page).toContain('End the 2 others')
    await ada.post('/account/end-others', { _csrf: tokenIn(page) })
    for (const shop of [one, other]) {
      for (const ended of others) expect((await shop.visited(ended).status())['isSignedIn']).toBeUndefined()
      await expectCart(shop.visited(ada))
    }
  })

  test('while the server is gone it says so in plain words and signs nobody out, and then it goes on', async () => {
    const shop = await openShop()
    const ada = await customer(shop)
    const { cookie } = ada
    await server.kill()
    const answers = await Promise.all([
      ...['/', '/cart', '/account'].map(path => ada.send(path)),
      ...[ada.post('/cart', { good: 'red-earth' }), ada.post('/sign-out')],
    ])
    for (const answer of answers) {
      expect([answer.status, answer.headers.getSetCookie()]).toEqual([503, []])
      const page = await answer.text()
      expect(page).toContain(sorry)
      expect(page).not.toMatch(secrets)
    }
    await server.start()
    expect(ada.cookie).toBe(cookie)
    await expect.poll(async () => (await ada.send('/cart')).status).toBe(200)
    await expectCart(ada)
    expect(await ada.get('/cart')).not.toContain('Red Earth')
    expect(shop.output).not.toMatch(/sesame/)
  })

  test('a page that needs no session is there while the server is gone', async () => {
    const shop = await openShop()
    await server.kill()
    const answer = await new Visitor(shop.origin).send('/sign-in')
    expect(answer.status).toBe(200)
  })

  describe('at start', () => {
    const cases: readonly (readonly [title: string, store: () => string, said: string])[] = [
      [
        'a wrong password',
        () => url().replace('sesame', 'sesam'),
        'does not accept the user or the password',
      ],
      [
        'a server that is not there',
        () => `redis://:${encoded}@127.0.0.1:1`,
        'nobody answers at its address',
      ],
      [
        'a server that does not encrypt',
        () => url().replace('redis:', 'rediss:'),
        'both sides encrypt or neither',
      ],
    ]
    for (const [title, store, said] of cases) {
      test(`${title} is said in one line, and the shop does not open`, async () => {
        const { code, output } = await installed.fail({ ...settings, SESSION_STORE: store() })
        expect(output.trimEnd().split('\n')).toEqual([expect.stringContaining(said)])
        expect(output).not.toMatch(/sesam/)
        expect(code).toBe(1)
      })
    }
  })
})

describeService('the shop with its sessions behind Sentinel', 'redis-server', () => {
  let installed: InstalledShop
  let group: RedisSentinels
  let shop: RunningShop | undefined

  beforeAll(async () => {
    installed = await InstalledShop.install()
    group = await RedisSentinels.start()
  }, 60_000)
  afterAll(async () => {
    await shop?.close('SIGKILL')
    await group?.stop()
    installed?.remove()
  })

  test('goes on with the carts when another server takes over', async () => {
    const sentinels = group.ports.map(port => `127.0.0.1:${port}`)
    const store = `redis+sentinel://${sentinels.join(',')}/${primaryName}`
    shop = await installed.open({ ...settings, SESSION_STORE: store })
    const ada = await customer(shop)
    const primary = await group.primary()
    await primary.replicated(2)
    await primary.kill()
    await group.succeeded(primary)
    await expect.poll(async () => (await ada.send('/cart')).status, { timeout: 20_000 }).toBe(200)
    await expectCart(ada)
  }, 60_000)
})
