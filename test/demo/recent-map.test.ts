import { expect, test } from 'vitest'

// A path as text, because the type checker reads the demo in a project of its own.
const source: string = '../../demo/tracing/recent-map.js'
const { RecentMap } = await import(source)

test('a map of what is recent forgets who was set longest ago, and not who was set again', () => {
  const map = new RecentMap()
  for (let number = 0; number < 1000; number += 1) map.set(`visitor ${number}`, number)
  map.set('visitor 0', 'again')
  map.set('one more', 1000)
  expect(map.get('visitor 1')).toBeUndefined()
  expect([map.get('visitor 0'), map.get('visitor 2'), map.get('one more')]).toEqual(['again', 2, 1000])
})
