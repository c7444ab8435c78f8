import { expect, test } from 'vitest'
import { hasSameItems } from '../../../src/core/keys/secret.ts'

test('two lists are the same when they have the same items in the same order', () => {
  const bytes = Buffer.from('a')
  expect(hasSameItems([], [])).toBe(true)
  expect(hasSameItems(['a', bytes], ['a', bytes])).toBe(true)
})

test.each([
  ['one more', ['a', 'b', 'c']],
  ['one less', ['a']],
  ['another order', ['b', 'a']],
  ['an equal thing that is another', ['a', Buffer.from('b')]],
])('a list with %s is another', (_what, other) => {
  expect(hasSameItems(['a', 'b'], other)).toBe(false)
})
