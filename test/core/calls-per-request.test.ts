import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { StoreVerb } from '../../src/core/record/deadline.ts'
import { later, stage } from './stage.ts'
import { typicalRequests } from './typical-requests.ts'

const shortNames: { readonly [verb in StoreVerb]?: string } = {
  'list the sessions of a subject': 'list',
  'read the epoch of a subject': 'epoch',
  'exchange the epoch of a subject': 'exchange',
  'end sessions of a subject': 'end',
}

describe('the store calls of a whole request, with a store over a network', () => {
  test.each(Object.entries(typicalRequests))('%s', async (_name, { calls, options = {}, make }) => {
    const { store, sessions, clock } = stage(options, later)
    const beside = async (work: () => Promise<unknown>): Promise<void> => {
      const { length } = store.calls
      await work()
      store.calls.length = length
    }
    await make({ sessions, clock, begin: () => store.forgetCalls(), beside })
    expect(store.calls.map(verb => shortNames[verb] ?? verb)).toEqual(calls.split(/, | \+ /).filter(Boolean))
  })
})

test('docs/architecture.md has the same numbers', () => {
  const page = readFileSync(new URL('../../docs/architecture.md', import.meta.url), 'utf8')
  const rows = Object.entries(typicalRequests).map(([name, { calls, commands }]) => {
    const trips = commands === '' ? 0 : commands.split(' ').length
    return `| ${name} | ${calls || 'none'} | ${trips} |`
  })
  expect(page).toContain(rows.join('\n'))
})
