import { createClient } from 'redis'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { BuiltSources } from '../../support/built-sources.ts'
import { ask } from '../../support/http-client.ts'
import { type Route, serve } from '../../support/servers.ts'
import { describeService } from '../../support/services/commands.ts'
import { RedisServer } from '../../support/services/redis.ts'
import { Browser } from '../../support/shops/browser.ts'
import { type Said, shopSecret } from '../../support/shops/shop.ts'
import { Shops } from '../../support/shops/shops.ts'
import { oldPackages, oldShop } from './old-shop.ts'

/** How many sessions each of the published packages leaves. */
const sessionsPerPackage = 60
/** How many customers are at each process at the same time. */
const lanes = 50
/** What the old shop has counted of each. */
const countedBefore = 5

interface OldSession {
  readonly user: string
  readonly cookie: string
}

/** One customer after the other comes to the old shop, and is left in it. */
const arriving: Route = ({ url, session: visited }, response) => {
  Object.assign(visited, { user: url?.slice(1), count: countedBefore })
  response.end()
}

/** Asks both processes at the same instant, with one cookie, through connections of their own. */
class Pair {
  readonly #browsers: readonly [Browser, Browser]

  constructor(ports: readonly number[], cookie: string, broken: string[]) {
    const accuse = (promise: string): void => void broken.push(promise)
    this.#browsers = [new Browser(ports, accuse, cookie), new Browser(ports, accuse, cookie)]
  }

  /** What is asked of the first process, and of the second one. */
  ask(first: readonly string[], second: readonly string[]): Promise<readonly (Said | undefined)[]> {
    const [here, there] = this.#browsers
    return Promise.all([...first.map(path => here.ask(0, path)), ...second.map(path => there.ask(1, path))])
  }

  close(): void {
    for (const browser of this.#browsers) browser.close()
  }
}

/** Lets so many work through a list at the same time. */
async function inLanes<Item>(items: readonly Item[], work: (item: Item) => Promise<unknown>): Promise<void> {
  const queue = items.values()
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      for (const item of queue) await work(item)
    }),
  )
}

describeService('sessions of connect-redis that two server processes take over', 'redis-server', () => {
  let sources: BuiltSources
  let server: RedisServer
  let client: ReturnType<typeof createClient>
  let shops: Shops | undefined

  beforeAll(async () => {
    sources = new BuiltSources('test/support/shops')
    server = await RedisServer.start()
    client = (await createClient({ url: server.url }).connect()) as never
  })
  beforeEach(async () => {
    await client.flushAll()
  })
  afterEach(() => shops?.close())
  afterAll(async () => {
    client?.destroy()
    await server?.stop()
    sources?.remove()
  })

  async function leave(): Promise<readonly OldSession[]> {
    const left: OldSession[] = []
    for (const [version, makeOldStore] of oldPackages) {
      const port = await serve(oldShop(makeOldStore(client), shopSecret, arriving))
      for (let number = 1; number <= sessionsPerPackage; number += 1) {
        const user = `customer-${number}-of-${version.replace(' ', '-')}`
        left.push({ user, cookie: (await ask(port, `/${user}`)).cookie })
      }
    }
    return left
  }

  async function open(driver: string): Promise<readonly number[]> {
    const until = new Date(Date.now() + 86_400_000).toISOString()
    const url = `${server.url}?driver=${driver}&adopt=connect-redis&adoptUntil=${until}`
    shops = await Shops.open({ program: sources.program('test/support/shops/programs/shop'), url, driver })
    return shops.ports
  }

  const keysLeft = async () => ({
    old: (await client.keys('sess:*')).length,
    records: (await client.keys('sojourn:s:*')).length,
  })

  for (const driver of ['redis', 'ioredis']) {
    test(`are taken over once each, and everything that their visitors do counts, with ${driver}`, async () => {
      const left = await leave()
      const ports = await open(driver)
      const broken: string[] = []
      await inLanes(left, async ({ user, cookie }) => {
        const pair = new Pair(ports, cookie, broken)
        const first = await pair.ask(['/count', '/note?name=a&value=1'], ['/count', '/note?name=b&value=2'])
        const second = await pair.ask(['/count'], ['/count'])
        const found = await pair.ask(['/look'], ['/look'])
        pair.close()
        const told = [...first, ...second, ...found]
        expect(told.map(said => said?.user)).toEqual(told.map(() => user))
        expect(new Set(told.map(said => said?.handle)).size).toBe(1)
        const after = { count: countedBefore + 4, notes: { 'note a': 1, 'note b': 2 } }
        expect(found).toMatchObject([after, after])
      })
      expect(broken).toEqual([])
      expect(await keysLeft()).toEqual({ old: 0, records: left.length })
      expect([shops?.running, shops?.printed]).toEqual([2, ''])
    }, 60_000)

    test(`stay ended when their visitors sign out at that moment, with ${driver}`, async () => {
      const left = await leave()
      const ports = await open(driver)
      const broken: string[] = []
      await inLanes(left, async ({ user, cookie }) => {
        const pair = new Pair(ports, cookie, broken)
        const first = await pair.ask(['/count', '/note?name=a&value=1', '/look'], ['/out', '/look', '/count'])
        pair.close()
        expect(first).not.toContain(undefined)
        expect([user, undefined]).toEqual(expect.arrayContaining(first.map(said => said?.user)))
        const late = new Pair(ports, cookie, broken)
        expect(await late.ask(['/look', '/count'], ['/count', '/look'])).toEqual([{}, {}, {}, {}])
        late.close()
      })
      expect(broken).toEqual([])
      expect(await keysLeft()).toEqual({ old: 0, records: 0 })
      expect([shops?.running, shops?.printed]).toEqual([2, ''])
    }, 60_000)
  }
})
