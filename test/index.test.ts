import * as front from 'sojourn'
import { expect, test } from 'vitest'

test('whatever can be imported by name is also found on the function, which is all that `require` answers', () => {
  const { default: session, 'module.exports': required, ...named } = front
  const { session: itself, ...others } = named
  expect([session, required]).toEqual([itself, itself])
  expect({ ...session }).toEqual(others)
})
