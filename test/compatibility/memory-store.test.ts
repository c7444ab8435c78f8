import { describe, expect, test } from 'vitest'
import { deferred } from './client.ts'
import { lengthOf, memory, stored } from './site.ts'
import { type Callback, type MemoryStore, subject } from './subject.ts'
import { pass } from './time.ts'

/** Calls a verb and waits for its callback. */
function done<Answer>(call: (callback: Callback<Answer>) => void): Promise<Answer | undefined> {
  const { promise, resolve, reject } = deferred<Answer | undefined>()
  call((error, answer) => (error ? reject(error) : resolve(answer)))
  return promise
}

function session(maxAge: number | null = null, data: object = {}): object {
  return { cookie: new subject.Cookie({ maxAge }), ...data }
}

async function holding(...ids: string[]): Promise<MemoryStore> {
  const store = memory()
  for (const id of ids) await done(callback => store.set(id, session(60_000, { id: 1, name: id }), callback))
  return store
}

describe('the store in memory', () => {
  test('answers with what was set', async () => {
    const store = await holding('a')
    expect(await stored(store, 'a')).toMatchObject({ name: 'a' })
  })

  test('answers with nothing for what was not', async () => {
    expect(await stored(await holding('a'), 'b')).toBeUndefined()
  })

  test('reports no error for what was not', async () => {
    const seen: unknown[] = []
    const store = memory()
    await new Promise<void>(resolve => {
      store.get('b', (...answer) => {
        seen.push(...answer.map(one => one ?? null))
        resolve()
      })
    })
    expect(seen.filter(one => one !== null)).toEqual([])
  })

  test('keeps a copy: what is changed afterwards is not stored', async () => {
    const store = memory()
    const mine = { cookie: new subject.Cookie(), list: [1] }
    await done(callback => store.set('a', mine, callback))
    mine.list.push(2)
    expect(await stored(store, 'a')).toMatchObject({ list: [1] })
  })

  test('hands out a copy: what is changed in it is not stored', async () => {
    const store = await holding('a')
    const record = await stored(store, 'a')
    if (record !== undefined) record.name = 'changed'
    expect(await stored(store, 'a')).toMatchObject({ name: 'a' })
  })

  test('replaces what it held', async () => {
    const store = await holding('a')
    await done(callback => store.set('a', session(null, { other: 1 }), callback))
    expect(await stored(store, 'a')).toMatchObject({ other: 1 })
    expect(await stored(store, 'a')).not.toHaveProperty('name')
  })

  test('hands out the cookie as it was set', async () => {
    const store = memory()
    await done(callback =>
      store.set('a', { cookie: new subject.Cookie({ path: '/p', maxAge: 9000 }) }, callback),
    )
    expect(await stored(store, 'a')).toMatchObject({ cookie: { path: '/p', originalMaxAge: 9000 } })
  })

  test('calls back after it has returned', async () => {
    const store = memory()
    const order: string[] = []
    const set = done(callback => store.set('a', session(), callback)).then(() => order.push('set'))
    order.push('returned')
    await set
    const got = stored(store, 'a').then(() => order.push('got'))
    order.push('returned again')
    await got
    expect(order).toEqual(['returned', 'set', 'returned again', 'got'])
  })

  test('does without callbacks, except to answer', async () => {
    const store = memory()
    store.set('a', session())
    store.touch('a', session())
    expect(await stored(store, 'a')).toBeDefined()
    store.destroy('a')
    expect(await stored(store, 'a')).toBeUndefined()
    store.set('b', session())
    store.clear()
    expect(await lengthOf(store)).toBe(0)
  })

  test('keeps names of the prototype apart', async () => {
    expect(await stored(memory(), '__proto__')).toBeUndefined()
    expect(await stored(memory(), 'constructor')).toBeUndefined()
    expect(await stored(memory(), 'toString')).toBeUndefined()
  })
})

describe('destroy', () => {
  test('removes one, and only that', async () => {
    const store = await holding('a', 'b')
    await done(callback => store.destroy('a', callback))
    expect([await stored(store, 'a'), await lengthOf(store)]).toEqual([undefined, 1])
  })

  test('of what is not there is no error', async () => {
    await expect(done(callback => memory().destroy('a', callback))).resolves.toBeUndefined()
  })
})

describe('expiry', () => {
  async function expiring(): Promise<MemoryStore> {
    const store = await holding('long')
    await done(callback => store.set('short', session(1000), callback))
    await done(callback => store.set('endless', session(null), callback))
    return store
  }

  test('hides a session from get', async () => {
    const store = await expiring()
    expect(await stored(store, 'short')).toBeDefined()
    pass(1500)
    expect(await stored(store, 'short')).toBeUndefined()
    expect(await stored(store, 'long')).toBeDefined()
  })

  test('hides it from all and from length', async () => {
    const store = await expiring()
    expect(await lengthOf(store)).toBe(3)
    pass(1500)
    expect(await lengthOf(store)).toBe(2)
    const all = await done<object>(callback => store.all(callback))
    expect(Object.keys(all ?? {}).sort()).toEqual(['endless', 'long'])
  })

  test('never comes to a session without an age', async () => {
    const store = await expiring()
    pass(10 * 365 * 86_400_000)
    expect(await stored(store, 'endless')).toBeDefined()
  })

  test('is put off by touch', async () => {
    const store = await expiring()
    await done(callback => store.touch('short', session(5000), callback))
    pass(3000)
    expect(await stored(store, 'short')).toBeDefined()
    pass(3000)
    expect(await stored(store, 'short')).toBeUndefined()
  })
})

describe('touch', () => {
  test('replaces the cookie, and leaves the data', async () => {
    const store = await holding('a')
    await done(callback => store.touch('a', session(9000, { name: 'ignored' }), callback))
    expect(await stored(store, 'a')).toMatchObject({ name: 'a', cookie: { originalMaxAge: 9000 } })
  })

  test('makes nothing of what is not there', async () => {
    const store = memory()
    await done(callback => store.touch('a', session(9000), callback))
    expect(await lengthOf(store)).toBe(0)
  })
})

describe('all', () => {
  test('answers with an object of sessions by id', async () => {
    const store = await holding('a', 'b')
    const all = await done(callback => store.all(callback))
    expect(all).toMatchObject({ a: { name: 'a' }, b: { name: 'b' } })
    expect(Array.isArray(all)).toBe(false)
  })

  test('is empty for an empty store', async () => {
    const store = memory()
    expect(Object.keys((await done<object>(callback => store.all(callback))) ?? { x: 1 })).toEqual([])
  })
})

describe('length and clear', () => {
  test.each([0, 1, 3])('length counts %i', async count => {
    const store = await holding(...['a', 'b', 'c'].slice(0, count))
    expect(await lengthOf(store)).toBe(count)
  })

  test('clear empties the store', async () => {
    const store = await holding('a', 'b')
    await done(callback => store.clear(callback))
    expect([await lengthOf(store), await stored(store, 'a')]).toEqual([0, undefined])
  })
})
