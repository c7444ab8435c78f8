import express, { type ErrorRequestHandler, type Express } from 'express'
import session, { type ExclusiveOptions, exclusive, type RecordStore } from 'sojourn'
import { memoryStore } from 'sojourn/memory'
import { type FakeClock, fakeClock } from 'sojourn/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Gate } from '../support/gate.ts'
import { type Answer, ask } from '../support/http-client.ts'
import { serve } from '../support/servers.ts'

const secret = 'a secret that only these tests know'

/** A shop with one article. Its route reads the stock, waits, and writes it back. */
interface Shop {
  readonly cookie: string
  /** Resolves when this many orders are in the route. */
  readonly begun: string[]
  buy(name: string, port?: number): Promise<Answer>
  stock(): Promise<number>
  gate(name: string): Gate
}

interface ShopOptions extends ExclusiveOptions {
  readonly store?: RecordStore | undefined
  /** The number of processes that share the store. */
  readonly processes?: number
  readonly seal?: 'visitor'
  readonly clock?: FakeClock
}

const stores: [string, (clock?: FakeClock) => RecordStore | undefined][] = [
  ['a store of Sojourn’s', clock => memoryStore({ clock })],
  ['a store for express-session', () => undefined],
]

describe.each(stores)('an exclusive route, with %s', (_kind, makeStore) => {
  test('lets one request in at a time, and the next request sees what the last one stored', async () => {
    const shop = await open({ store: makeStore() })
    const answers = Array.from({ length: 10 }, (_value, index) => shop.buy(`${index}`))
    for (let index = 0; index < 10; index += 1) shop.gate(`${index}`).open()
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(Array(10).fill(200))
    expect(await shop.stock()).toBe(0)
  })

  test('refuses a request that waits too long, with 429', async () => {
    const shop = await open({ store: makeStore(), wait: 20 })
    const first = shop.buy('first')
    await until(() => shop.begun.length === 1)
    const second = await shop.buy('second')
    expect([second.status, second.body]).toEqual([429, 'LOCK_BUSY'])
    shop.gate('first').open()
    expect((await first).status).toBe(200)
    expect(await shop.stock()).toBe(9)
  })

  test('refuses a request at once when the queue is full', async () => {
    const shop = await open({ store: makeStore(), queue: 1, wait: '1m' })
    const first = shop.buy('first')
    await until(() => shop.begun.length === 1)
    const second = shop.buy('second')
    const third = shop.buy('third')
    expect((await Promise.race([second, third])).status).toBe(429)
    for (const name of ['first', 'second', 'third']) shop.gate(name).open()
    expect([(await first).status, (await second).status + (await third).status]).toEqual([200, 200 + 429])
  })

  test('refuses to store for a request whose lease has expired, and keeps what the next request stored', async () => {
    const clock = fakeClock(Date.now())
    const shop = await open({ store: makeStore(clock), clock, lease: '30s', wait: '5s' })
    const slow = shop.buy('slow')
    await until(() => shop.begun.length === 1)
    clock.advance(30_000)
    shop.gate('next').open()
    expect((await shop.buy('next')).status).toBe(200)
    shop.gate('slow').open()
    const answer = await slow
    expect([answer.status, answer.body]).toEqual([409, 'LOCK_LOST'])
    expect(await shop.stock()).toBe(9)
  })

  test('does not delay visitors without a session', async () => {
    const shop = await open({ store: makeStore(), wait: 20 })
    shop.gate('a').open()
    shop.gate('b').open()
    const answers = await Promise.all([shop.buy('a'), shop.buy('b')].map(answer => answer))
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
  })
})

describe('across processes', () => {
  test('one request at a time has the session, in whichever process it runs', async () => {
    const shop = await open({ store: memoryStore(), processes: 2 })
    const answers = Array.from({ length: 10 }, (_value, index) => shop.buy(`${index}`, index % 2))
    for (let index = 0; index < 10; index += 1) shop.gate(`${index}`).open()
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(Array(10).fill(200))
    expect(await shop.stock()).toBe(0)
  })

  test('a request that has lost its lease to another process stores nothing', async () => {
    const clock = fakeClock(Date.now())
    const shop = await open({
      store: memoryStore({ clock }),
      clock,
      processes: 2,
      lease: '30s',
      seal: 'visitor',
    })
    const slow = shop.buy('slow', 0)
    await until(() => shop.begun.length === 1)
    clock.advance(30_000)
    shop.gate('next').open()
    expect((await shop.buy('next', 1)).status).toBe(200)
    shop.gate('slow').open()
    expect((await slow).status).toBe(409)
    expect(await shop.stock()).toBe(9)
  })
})

test('all middlewares of a process on one store for express-session share the hold', async () => {
  const shop = await open({ processes: 2, wait: 20 })
  const first = shop.buy('first', 0)
  await until(() => shop.begun.length === 1)
  shop.gate('second').open()
  const second = await shop.buy('second', 1)
  expect([second.status, second.body]).toEqual([429, 'LOCK_BUSY'])
  shop.gate('first').open()
  expect((await first).status).toBe(200)
  expect(await shop.stock()).toBe(9)
})

describe('what it leaves behind', () => {
  test('no lease counts as a session, and none is left', async () => {
    const store = memoryStore()
    const shop = await open({ store })
    shop.gate('a').open()
    await shop.buy('a')
    expect(store.size).toBe(1)
  })
})

test.each([{ wait: '5 seconds' }, { lease: 0 }, { queue: -1 }, { queue: 1.5 }, { leese: '5s' }])(
  'a wrong option throws where it is given: %j',
  options => {
    expect(() => exclusive(options as never)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
  },
)

test('without the session before it, the error handler is told', async () => {
  const app = express()
  app.get('/', exclusive(), (_request, response) => void response.end())
  expect((await ask(await serve(withCodes(app)))).body).toBe('OPTION_INVALID')
})

async function open({ store, processes = 1, seal, clock, ...options }: ShopOptions): Promise<Shop> {
  const gates = new Map<string, Gate>()
  const begun: string[] = []
  const gate = (name: string): Gate => {
    const found = gates.get(name) ?? new Gate()
    gates.set(name, found)
    return found
  }
  const shared = store ?? new session.MemoryStore()
  const ports: number[] = []
  for (let process = 0; process < processes; process += 1) {
    const app = express()
    app.use(session({ secret, store: shared, clock, ...(seal && { seal }) }))
    app.get('/', (request, response) => {
      Object.assign(request.session, { stock: 10 })
      response.end()
    })
    app.get('/stock', (request, response) => void response.json(Reflect.get(request.session, 'stock')))
    app.post('/buy', exclusive(options), async (request, response) => {
      const name = String(request.query['name'])
      const stock = Number(Reflect.get(request.session, 'stock') ?? 1)
      begun.push(name)
      await gate(name).passed
      Object.assign(request.session, { stock: stock - 1 })
      response.end()
    })
    ports.push(await serve(withCodes(app)))
  }
  const { cookie } = await ask(ports[0] ?? 0)
  onTestFinished(() => {
    for (const left of gates.values()) left.open()
  })
  return {
    cookie,
    begun,
    gate,
    buy: (name, at = 0) => ask(ports[at] ?? 0, `/buy?name=${name}`, { method: 'POST', headers: { cookie } }),
    stock: async () => Number((await ask(ports[0] ?? 0, '/stock', { headers: { cookie } })).body),
  }
}

function withCodes(app: Express): Express {
  const tell: ErrorRequestHandler = (error, _request, response, _next) => {
    response.status(error.status ?? 500).send(error.code)
  }
  return app.use(tell)
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise(resolve => setImmediate(resolve))
}
