import * as front from 'sojourn'
import { expect, test } from 'vitest'

test('whatever can be imported by name is also found on the function, which is all that `require` answers', () => {
  const { default: session, ...named } = front
  expect(named.session).toBe(session)
  expect({ ...session }).toEqual(named)
})
