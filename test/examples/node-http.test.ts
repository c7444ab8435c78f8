import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { ExampleVisit } from './visit.ts'

// A path as text, because the type checker reads the examples in a project of their own.
const example: string = '../../examples/node-http.js'
let visit: ExampleVisit

beforeAll(async () => {
  vi.stubEnv('PORT', '0')
  vi.stubEnv('SESSION_SECRET', 'a secret of thirty-two characters')
  const { server } = await import(example)
  visit = await ExampleVisit.begin(server)
})

afterAll(() => visit.end())

test('the example for node:http counts the views of one visitor', async () => {
  expect(await visit.get('/')).toBe('View 1.\n')
  expect(await visit.get('/')).toBe('View 2.\n')
})
