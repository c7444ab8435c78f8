import { describe, expect, test } from 'vitest'
import type { Carrier } from '../../../src/core/visit/carrier.ts'
import { hearEvents } from '../heard-events.ts'
import { stage } from '../stage.ts'

const leaveData = (session: object): unknown => Object.assign(session, { user: 'ada' })

describe('several cookies of the session’s name', () => {
  test('they are refused, in any order, and the event says why', async () => {
    const { ada, mallory, visitor, store } = await two({})
    const heard = hearEvents()
    for (const header of [
      `${ada}; ${mallory}`,
      `${mallory}; ${ada}`,
      `${ada}; ${ada}`,
      `${ada}; x=1; ${mallory}`,
    ]) {
      const visit = await visitor(header).request()
      expect(visit.outcome).toBe('tampered')
    }
    expect(heard).toHaveLength(4)
    expect(heard[0]).toEqual({ name: 'tampered', payload: { handle: undefined, reason: 'duplicate' } })
    expect(store.calls).toEqual(['create', 'create'])
  })

  test('with `first-valid` the first that verifies is used, wherever it is', async () => {
    const { ada, mallory, visitor } = await two({ duplicates: 'first-valid' })
    const forged = `${ada.slice(0, -2)}xx`
    for (const [header, outcome] of [
      [`${forged}; ${ada}`, 'found'],
      [`connect.sid=; connect.sid=%; ${ada}; ${forged}`, 'found'],
      [`${ada}; ${mallory}`, 'found'],
      [`${forged}; ${forged}`, 'tampered'],
    ]) {
      const visit = await visitor(header).request(session => {
        if (outcome === 'found') expect(session.user).toBe('ada')
      })
      expect(visit.outcome).toBe(outcome)
    }
  })

  test('two cookies with a `__Host-` name are refused, whatever the configuration', async () => {
    const options = { name: '__Host-sid', cookie: { secure: true }, duplicates: 'first-valid' } as const
    const { ada, mallory, visitor } = await two(options)
    expect((await visitor(ada).request()).outcome).toBe('found')
    expect((await visitor(`${ada}; ${mallory}`).request()).outcome).toBe('tampered')
  })

  test('a cookie whose name differs in case is another cookie', async () => {
    const { ada, mallory, visitor } = await two({})
    const visit = await visitor(`${mallory.replace('connect', 'Connect')}; ${ada}`).request()
    expect(visit.outcome).toBe('found')
  })
})

describe('cookies without a value', () => {
  test.each(['connect.sid=', 'connect.sid=  ', 'connect.sid', '=connect.sid=x', 'a=1; connect.sid=; b=2'])(
    '%j counts as no cookie',
    async header => {
      const heard = hearEvents()
      const { visitor, store } = stage()
      const visit = await visitor(header).request()
      expect([visit.outcome, heard, store.calls]).toEqual(['none', [], []])
    },
  )
})

describe('any input in the header', () => {
  const bytes = Array.from({ length: 256 }, (_value, code) => String.fromCharCode(code)).join('')
  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a number', 7],
    ['an object', { 'connect.sid': 'x' }],
    ['a list of nothing', []],
    ['a list of other things', [7, null, {}, 'connect.sid=s%3Aa.b']],
    ['every byte', bytes],
    ['every byte as the value', `connect.sid=${bytes}`],
    ['a malformed escape', 'connect.sid=%'],
    ['an escape that ends too early', 'connect.sid=s%3A%E0%A4%A'],
    ['an escaped null', 'connect.sid=s%3A%00.%00'],
    ['an overlong escape', 'connect.sid=s%3A%C0%AF'],
    ['half of a surrogate pair', 'connect.sid=\ud800'],
    ['a JSON cookie', 'connect.sid=j%3A%7B%22a%22%3A1%7D'],
    ['names of every object', '__proto__=x; constructor=y; hasOwnProperty=z'],
    ['a prefix alone', 'connect.sid=s%3A'],
    ['a long value', `connect.sid=s%3A${'a'.repeat(15_000)}.${'A'.repeat(43)}`],
    ['many values', 'connect.sid=s%3Aa.b;'.repeat(800)],
    ['semicolons', ';'.repeat(16_384)],
  ])('%s ends in a session, and never in an exception or a store call', async (_kind, cookieHeader) => {
    for (const duplicates of ['reject', 'first-valid'] as const) {
      const { visitor, store } = stage({ duplicates })
      const visit = await visitor().request(leaveData, { cookieHeader })
      expect(store.calls).toEqual(['create'])
      expect(visit.setCookie).toMatch(/^connect\.sid=s%3A[\w-]{32}\./)
    }
  })

  test('a list of headers is the same as the joined header', async () => {
    const { ada, visitor } = await two({})
    const visit = await visitor().request(() => undefined, { cookieHeader: ['a=1', ada, 'b=2'] })
    expect(visit.outcome).toBe('found')
  })

  test('an id is taken only from the cookie', async () => {
    const { ada, visitor, store } = await two({})
    const id = decodeURIComponent(ada).slice('connect.sid=s:'.length, -44)
    const request = { url: `/?connect.sid=${id}&sid=${id}`, headers: { 'x-session': id }, body: { sid: id } }
    store.forgetCalls()
    const visit = await visitor().request(() => undefined, { request })
    expect([visit.outcome, store.calls]).toEqual(['none', []])
  })
})

describe('the result of a cookie parser', () => {
  test('counts only when the header has no cookie', async () => {
    const { ada, mallory, visitor } = await two({})
    const found = await visitor().request(session => expect(session.user).toBe('ada'), parsed(ada, false))
    expect(found.outcome).toBe('found')
    const both = { ...parsed(ada, false), cookieHeader: mallory }
    expect((await visitor().request(session => expect(session.user).toBe('mallory'), both)).outcome).toBe(
      'found',
    )
  })

  test('a verified value is the id itself, and a wrong signature is tampered', async () => {
    const { ada, visitor } = await two({})
    const id = decodeURIComponent(ada).slice('connect.sid=s:'.length, -44)
    const verified = { parsedCookie: () => ({ value: id, isVerified: true }) }
    expect((await visitor().request(() => undefined, verified)).outcome).toBe('found')
    const forged = { parsedCookie: () => ({ value: `s:${id}.x`, isVerified: false }) }
    expect((await visitor().request(() => undefined, forged)).outcome).toBe('tampered')
    const unsigned = { parsedCookie: () => ({ value: id, isVerified: false }) }
    expect((await visitor().request(() => undefined, unsigned)).outcome).toBe('tampered')
  })
})

async function two(options: Parameters<typeof stage>[0]): Promise<{
  readonly ada: string
  readonly mallory: string
  readonly visitor: ReturnType<typeof stage>['visitor']
  readonly store: ReturnType<typeof stage>['store']
}> {
  const { visitor, store } = stage(options)
  const [ada, mallory] = [visitor(), visitor()]
  await ada.request(leaveData)
  await mallory.request(session => Object.assign(session, { user: 'mallory' }))
  return { ada: String(ada.cookie), mallory: String(mallory.cookie), visitor, store }
}

function parsed(cookie: string, isVerified: boolean): Partial<Carrier> {
  const value = decodeURIComponent(cookie).slice('connect.sid='.length)
  return { parsedCookie: name => (name === 'connect.sid' ? { value, isVerified } : undefined) }
}
