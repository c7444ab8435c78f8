import { describe, expect, test } from 'vitest'
import { inHeldObjects } from '../../../src/core/session/held-objects.ts'
import { commit, failureOf, known, stored, stores, twoManagers } from '../races/two-managers.ts'
import type { Anything, TestSession } from '../stage.ts'

/** @see issue 13, point 10: the objects that a route holds are still the session's after a conflict */

interface Cart {
  items: string[]
}

describe.each(stores)('with a store that %s', (_kind, traits) => {
  const begun = async () => {
    const at = twoManagers({}, traits)
    const ada = await known(at, { cart: { items: ['milk'] }, user: 'ada' })
    const visit = await ada.arrive()
    const session = visit.session as TestSession
    return { at, ada, visit, session, cart: session['cart'] as Cart }
  }

  test.each<readonly [string, (own: Anything) => void, { isHeld: boolean }]>([
    ['leaves them alone', () => undefined, { isHeld: true }],
    ['has changed them', own => void (own['cart'] as Cart).items.push('bread'), { isHeld: true }],
    ['has put others in their places', own => void (own['cart'] = { items: ['bread'] }), { isHeld: false }],
    ['has removed them', own => void delete own['cart'], { isHeld: false }],
    ['has set what cannot be stored', own => void (own['cart'] = () => undefined), { isHeld: false }],
  ])('after an update whose function throws and %s', async (_what, change, { isHeld }) => {
    const { at, visit, session, cart } = await begun()
    const updating = session.update((own: Anything) => {
      change(own)
      throw new Error('changed my mind')
    })
    await updating.catch(() => undefined)
    const kept = session['cart'] as Cart
    expect(kept).toEqual({ items: ['milk'] })
    expect(kept === cart).toBe(isHeld)
    kept.items.push('tea')
    expect((await commit(visit)).error).toBeUndefined()
    expect(stored(at.store)).toEqual({ cart: { items: ['milk', 'tea'] }, user: 'ada' })
  })

  test.each<readonly [string, (own: Anything) => void, readonly string[]]>([
    ['something else', own => void (own['user'] = 'eve'), ['milk']],
    ['the same object', own => void (own['cart'] as Cart).items.push('bread'), ['milk', 'bread']],
  ])('after a save that conflicted with another request, which changed %s', async (_what, change, items) => {
    const { at, ada, visit, session, cart } = await begun()
    await at.elsewhere(ada).request(other => change(other))
    session['views'] = 1
    await session.save()
    expect(session['cart']).toBe(cart)
    expect(cart.items).toEqual(items)
    cart.items.push('tea')
    expect((await commit(visit)).error).toBeUndefined()
    expect(stored(at.store)).toMatchObject({ cart: { items: [...items, 'tea'] }, views: 1 })
  })

  test('a repeated update is not undone in the objects that the route holds', async () => {
    const { at, ada, session, cart } = await begun()
    const gate = at.store.hold('replace')
    const updating = failureOf(() =>
      session.update((own: Anything) => void (own['cart'] as Cart).items.push('tea')),
    )
    await gate.reached
    await at.elsewhere(ada).request(other => void (other['cart'] as Cart).items.push('bread'))
    gate.open()
    expect(await updating).toBeUndefined()
    expect(session['cart']).toBe(cart)
    expect(cart).toEqual({ items: ['milk', 'bread', 'tea'] })
  })
})

describe('writing into existing objects', () => {
  test('arrays and plain objects keep their identity, at every depth, with names in the new order', () => {
    const inner = { deep: [1, 2, 3], gone: 1 }
    const held = { list: [inner, 2], object: { b: 1, a: 2 } }
    const values = inHeldObjects(held, { object: { a: 3, b: 1 }, list: [{ deep: [1] }], more: 1 })
    expect(values).toEqual({ object: { a: 3, b: 1 }, list: [{ deep: [1] }], more: 1 })
    expect(values['list']).toBe(held.list)
    expect((values['list'] as unknown[])[0]).toBe(inner)
    expect(Object.keys(values)).toEqual(['object', 'list', 'more'])
    expect(Object.keys(held.object)).toEqual(['a', 'b'])
  })

  test('an object in two places does not change in one place because of the other', () => {
    const shared = { n: 1 }
    expect(inHeldObjects({ a: shared, b: shared }, { a: { n: 1 }, b: { n: 2 } })).toEqual({
      a: { n: 1 },
      b: { n: 2 },
    })
    expect(inHeldObjects({ a: shared, b: { x: shared } }, { a: { n: 5 }, b: { x: shared } })).toEqual({
      a: { n: 5 },
      b: { x: { n: 1 } },
    })
  })

  test('a value that cannot be changed, or has another kind, is replaced', () => {
    const frozen = Object.freeze({ n: 1 })
    const bytes = new Uint8Array(1)
    const held = { frozen, list: [1], object: { n: 1 }, bytes, text: 'a', own: Object.create({ n: 1 }) }
    const wanted = {
      frozen: { n: 2 },
      list: { n: 1 },
      object: [1],
      bytes: new Uint8Array(2),
      text: 'b',
      own: { n: 2 },
    }
    const values = inHeldObjects(held, wanted)
    expect(values).toEqual(wanted)
    for (const name of Object.keys(wanted) as (keyof typeof wanted)[]) expect(values[name]).toBe(wanted[name])
    expect([frozen, bytes, held.list]).toEqual([{ n: 1 }, new Uint8Array(1), [1]])
  })

  test('maps, sets and dates keep their identity, and so do the objects in a map', () => {
    const inner = { n: 1 }
    const map = new Map<unknown, unknown>([
      ['a', inner],
      ['gone', 1],
    ])
    const [set, date] = [new Set([1, 2]), new Date(0)]
    const wanted = {
      map: new Map([
        ['b', 2],
        ['a', { n: 3 }],
      ] as never),
      set: new Set([3]),
      date: new Date(5),
    }
    const values = inHeldObjects({ map, set, date }, wanted)
    expect(values).toEqual(wanted)
    expect([values['map'], values['set'], values['date'], map.get('a')]).toEqual([map, set, date, inner])
    expect([
      values['map'] === map,
      values['set'] === set,
      values['date'] === date,
      map.get('a') === inner,
    ]).toEqual(Array(4).fill(true))
    expect([...map.keys()]).toEqual(['b', 'a'])
  })

  test('a cycle ends', () => {
    const circle: Anything = { n: 1 }
    circle['self'] = circle
    const wanted: Anything = { n: 2 }
    wanted['self'] = wanted
    const values = inHeldObjects({ circle }, { circle: wanted })
    expect((values['circle'] as Anything)['n']).toBe(2)
  })

  test.each(['__proto__', 'constructor'])('the name %s is data like any other', name => {
    const values = inHeldObjects({ a: JSON.parse(`{"${name}":1}`) }, { a: JSON.parse(`{"${name}":{"x":1}}`) })
    expect(JSON.stringify(values)).toBe(`{"a":{"${name}":{"x":1}}}`)
    expect(({} as Anything)['x']).toBeUndefined()
  })
})
