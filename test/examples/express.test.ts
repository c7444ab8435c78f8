import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { ExampleVisit } from './visit.ts'

// A path as text, because the type checker reads the examples in a project of their own.
const example: string = '../../examples/express.js'
let visit: ExampleVisit

beforeAll(async () => {
  vi.stubEnv('PORT', '0')
  vi.stubEnv('SESSION_STORE', 'memory:')
  vi.stubEnv('SESSION_SECRET', 'a secret of thirty-two characters')
  const { server } = await import(example)
  visit = await ExampleVisit.begin(server)
})

afterAll(() => visit.end())

test('the example for Express counts, signs in and signs out', async () => {
  expect(await visit.get('/')).toBe('Hello stranger, view 1.\n')
  expect(await visit.get('/')).toBe('Hello stranger, view 2.\n')
  await visit.post('/sign-in')
  expect(await visit.get('/')).toBe('Hello ada, view 3.\n')
  expect(await visit.post('/sign-out')).toBe('Goodbye.\n')
  expect(await visit.get('/')).toBe('Hello stranger, view 1.\n')
})

test('the example for Express is the one that the README shows', () => {
  const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
  expect(read('README.md')).toContain(`\`\`\`js\n${read('examples/express.js')}\`\`\`\n`)
})
