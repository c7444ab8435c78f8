import { expect, test } from 'vitest'
import { slotOf } from '../../../src/stores/redis/slot.ts'

// The first is the example of the specification of a cluster.
test.each([
  ['123456789', 0x31c3],
  ['', 0],
])('the slot of %j is the one that the servers say', (key, slot) => {
  expect(slotOf(key)).toBe(slot)
})

test.each([
  ['{user1000}.following', 'user1000'],
  ['foo{bar}{zap}', 'bar'],
  ['foo{{bar}}zap', '{bar'],
])('of %j only what stands in the first braces counts', (key, tag) => {
  expect(slotOf(key)).toBe(slotOf(tag))
})

test('empty braces count as any other text', () => {
  expect(slotOf('foo{}{bar}')).not.toBe(slotOf('bar'))
  expect(slotOf('foo{}{bar}')).toBe(8363)
})
