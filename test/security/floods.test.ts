import { createHash } from 'node:crypto'
import http from 'node:http'
import session from 'sojourn'
import { describe, expect, test } from 'vitest'
import { Signer } from '../../src/core/cookies/secret-signer.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { atOnce, later, secret, stage, type TestSession } from '../core/stage.ts'
import { ask } from '../support/http-client.ts'
import { plain, serve } from '../support/servers.ts'
import { bytesInUse } from './heap.ts'
import { frameworks, openShop, type Shop, signIn } from './shop.ts'

/** What the promise names. */
const many = 100_000
/** Enough where another flood of the same kind has that many already. */
const some = 10_000
const few = 5000
const megabyte = 2 ** 20

/** What one stranger brings, and what the route does with whoever comes. */
interface Flood {
  readonly what: string
  readonly cookie?: (index: number) => string
  readonly route: (session: TestSession) => unknown
  readonly count: number
  readonly id: string
}

const read = (session: TestSession): unknown => session.user
const floods: readonly Flood[] = [
  { what: 'without a cookie, whose route reads', route: read, count: many, id: 'G1' },
  { what: 'without a cookie, whose route lists and prints', route: list, count: some, id: 'G1' },
  { what: 'whose route writes and takes it back', route: writeAndTakeBack, count: some, id: 'G1' },
  {
    what: 'with a well-formed cookie that is not signed here',
    cookie: forged,
    route: read,
    count: many,
    id: 'G2',
  },
  { what: 'with a right id and a wrong signature', cookie: halfRight, route: read, count: some, id: 'G2' },
  { what: 'with random bytes', cookie: noise, route: read, count: some, id: 'G2' },
  {
    what: 'with a forged cookie twice',
    cookie: index => `${forged(index)}; ${forged(index)}`,
    route: read,
    count: some,
    id: 'G2',
  },
  { what: 'who sign out', route: session => session.destroy(), count: many, id: 'G3' },
  {
    what: 'who sign out with a forged cookie',
    cookie: forged,
    route: session => session.destroy(),
    count: some,
    id: 'G3',
  },
  { what: 'who regenerate', route: session => session.regenerate(), count: many, id: 'G3' },
  {
    what: 'who regenerate with a forged cookie',
    cookie: forged,
    route: session => session.regenerate(),
    count: some,
    id: 'G3',
  },
]

describe('strangers by the ten thousand', () => {
  test.each(floods)(
    '$count $what: no record, no cookie, no store call and no memory ($id)',
    async ({ cookie, route, count }) => {
      const { visitor, store } = stage()
      const flood = async (from: number, size: number): Promise<number> => {
        let cookies = 0
        for (let index = from; index < from + size; index += 1) {
          const visit = await visitor(cookie?.(index)).request(route)
          if (visit.setCookie !== undefined) cookies += 1
        }
        return cookies
      }
      await flood(0, few)
      const before = bytesInUse()
      expect(await flood(few, count)).toBe(0)
      expect([store.calls, store.records()]).toEqual([[], []])
      expect(bytesInUse() - before).toBeLessThan(4 * megabyte)
    },
  )
})

describe('a flood of cookies that were signed here, of sessions that have ended', () => {
  test('each costs one load, and leaves no record, no cookie and bounded memory (G2)', async () => {
    const { visitor, store } = stage()
    const flood = async (from: number, count: number): Promise<void> => {
      for (let index = from; index < from + count; index += 1) {
        const visit = await visitor(`connect.sid=${signer.write(nameOf(index))}`).request(read)
        expect(visit.setCookie).toBeUndefined()
      }
    }
    // Past what is remembered of right signatures, so that it is full when the measuring begins.
    await flood(0, 12_000)
    store.forgetCalls()
    store.seen.length = 0
    const before = bytesInUse()
    await flood(12_000, 20_000)
    expect(new Set(store.calls)).toEqual(new Set(['load']))
    expect([store.calls.length, store.records()]).toEqual([20_000, []])
    store.forgetCalls()
    store.seen.length = 0
    expect(bytesInUse() - before).toBeLessThan(4 * megabyte)
  })
  test('who comes again and again with one of them, and regenerates, leaves no record (G3)', async () => {
    const { visitor, store } = stage()
    const ada = visitor()
    await ada.request(session => Object.assign(session, { user: 'ada' }))
    const { cookie } = ada
    await ada.request(session => session.destroy())
    for (let round = 0; round < 100; round += 1)
      await visitor(cookie).request(session => session.regenerate())
    expect(store.records()).toEqual([])
  })
})

describe('a store for express-session', () => {
  const counted = (): {
    readonly store: InstanceType<typeof session.MemoryStore>
    readonly calls: string[]
  } => {
    const [store, calls] = [new session.MemoryStore(), [] as string[]]
    for (const verb of ['get', 'set', 'destroy', 'touch'] as const) {
      const original = store[verb] as (...args: unknown[]) => unknown
      Reflect.set(store, verb, (...args: unknown[]) => {
        calls.push(verb)
        return Reflect.apply(original, store, args)
      })
    }
    return { store, calls }
  }

  test('is not asked for strangers who read, with and without forged cookies (G1, G2)', async () => {
    const { store, calls } = counted()
    const port = await serve(
      plain(session({ secret, store }), ({ session: visited }, response) => {
        const { user } = visited
        response.end(String(user))
      }),
    )
    for (let index = 0; index < 300; index += 1) {
      const answer = await ask(port, '/', { headers: index % 2 === 0 ? {} : { cookie: forged(index) } })
      expect(answer.cookies).toEqual([])
    }
    expect(calls).toEqual([])
  })
  test.each(['destroy', 'regenerate'] as const)('is not asked for strangers who %s (G3)', async deed => {
    const { store, calls } = counted()
    const port = await serve(
      plain(session({ secret, store }), async ({ session: visited }, response) => {
        await visited[deed]()
        response.end()
      }),
    )
    expect((await ask(port)).cookies).toEqual([])
    expect(calls).toEqual([])
  })
})
test('a flood of strangers who sign out brings nobody’s session back who has signed out before (G6)', async () => {
  const { sessions } = session({ secret, store: new session.MemoryStore() })
  const arrive = async (cookieHeader?: string): Promise<ReturnType<typeof sessions.visit>> => {
    const visit = sessions.visit({ cookieHeader, isSecure: true, request: {} })
    await visit.open()
    return visit
  }
  const signingIn = await arrive()
  Object.assign(signingIn.session!, { user: 'ada' })
  await signingIn.commit()
  const cookie = signingIn.setCookie?.split(';')[0]
  const slow = await arrive(cookie)
  await (await arrive(cookie)).session!.destroy()
  for (let index = 0; index <= 10_000; index += 1) await (await arrive()).session!.destroy()
  Object.assign(slow.session!, { late: 1 })
  await slow.commit()
  expect((await arrive(cookie)).outcome).toBe('revoked')
})

describe('over a real server', () => {
  test.each(frameworks)('a thousand strangers on %s leave nothing (G1, G2, G3)', async framework => {
    const shop = await openShop({ framework })
    await signIn(shop)
    const agent = new http.Agent({ keepAlive: true, maxSockets: 8 })
    const visits = Array.from({ length: 1000 }, (_value, index) => visitShop({ shop, agent, index }))
    const cookies = await Promise.all(visits)
    agent.destroy()
    expect(cookies.flat()).toEqual([])
    expect([shop.store.calls, shop.store.records().length, shop.errors]).toEqual([[], 1, []])
  })
})

describe('visitors who do leave something', () => {
  test.each([atOnce, later])('the memory store holds no more of them than it was told (G4)', async traits => {
    const records = memoryStore({ maxRecords: 1000 })
    const { visitor } = stage({ store: records }, traits)
    for (let index = 0; index < few; index += 1) {
      await visitor().request(session => Object.assign(session, { index }))
    }
    expect(records.size).toBe(1000)
  })

  test('one who comes a thousand times within a minute is recorded as active once (G5)', async () => {
    const { visitor, store, clock } = stage({ idle: '1h' })
    const ada = visitor()
    await ada.request(session => Object.assign(session, { user: 'ada' }))
    clock.advance(60_000)
    store.forgetCalls()
    for (let index = 0; index < 1000; index += 1) {
      await ada.request()
      clock.advance(59)
    }
    expect(store.calls.filter(verb => verb !== 'load')).toEqual(['touch'])
  })
})

interface ShopVisit {
  readonly shop: Shop
  readonly agent: http.Agent
  readonly index: number
}

function visitShop({ shop, agent, index }: ShopVisit): Promise<readonly string[]> {
  const path = ['/', '/out', '/anew'][index % 3] ?? '/'
  const cookie = [undefined, forged(index).replace('connect.sid', 'sid'), 'sid=%'][index % 4]
  return new Promise((resolve, reject) => {
    const headers = cookie === undefined ? {} : { cookie }
    const request = http.get({ host: '127.0.0.1', port: shop.port, path, agent, headers }, response => {
      response.resume().on('end', () => resolve(response.headers['set-cookie'] ?? []))
    })
    request.on('error', reject)
  })
}

function list(session: TestSession): unknown {
  return [Object.keys(session), 'user' in session, JSON.stringify(session), session.cookie.maxAge]
}

function writeAndTakeBack(session: TestSession): void {
  session.user = 'ada'
  delete session.user
}

/** As long as an id, and different for each index. Made cheaply, because the making is not what is measured. */
function nameOf(index: number): string {
  return String(index * 7_919).padStart(32, 'Ab_-')
}

const noSignature = createHash('sha256').update('no secret').digest('base64').slice(0, 34)
const signer = new Signer([secret])
const signed = Array.from({ length: 100 }, (_value, index) => signer.write(nameOf(index)))

function forged(index: number): string {
  return `connect.sid=s%3A${nameOf(index)}.${noSignature}${String(index + 100_000_000)}`
}

function halfRight(index: number): string {
  return `connect.sid=${signed[index % signed.length]?.slice(0, -9)}${String(index + 100_000_000)}`
}

function noise(index: number): string {
  const bytes = String.fromCharCode(...Array.from({ length: 24 }, (_value, at) => (index * (at + 31)) % 256))
  return `${bytes}; connect.sid=${bytes}%${bytes}`
}
