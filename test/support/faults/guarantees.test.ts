import { expect, test } from 'vitest'
import type { Aftermath } from './aftermath.ts'
import { type Measured, overstatedIn, tableOf, withTable } from './guarantees.ts'

const none = { cases: 0, of: 0 }
const allKept: Aftermath = {
  cameBack: { cases: 0, of: 10 },
  lostUpdates: { cases: 0, of: 60 },
  lostSessions: { cases: 0, of: 20 },
  wrongLists: { cases: 0, of: 30 },
  falseAnswers: { cases: 0, of: 5 },
}

function measured(aftermath: Partial<Aftermath>, more: Partial<Measured> = {}): Measured {
  return { store: 'here', fault: 'it rains', aftermath: { ...allKept, ...aftermath }, ...more }
}

/** The cells of one store, from the first promise to the last. */
function cells(found: Measured): readonly (string | undefined)[] {
  const rows = tableOf([found]).split('\n').slice(2)
  return rows.map(row => row.split(' | ')[2]?.replace(' |', ''))
}

/** A page whose table says the same in every cell. */
function pageSaying(cell: string): string {
  const table = tableOf([measured({})]).replaceAll('kept', cell)
  return withTable('<!-- guarantees: npm run guarantees --><!-- end of guarantees -->', table)
}

test('a promise that was never put to the test is not measured', () => {
  expect(cells(measured({ falseAnswers: none }))).toEqual(['kept', 'kept', 'kept', 'not measured', 'kept'])
  expect(cells(measured({ falseAnswers: none }, { times: 10 }))[3]).toBe('not measured')
})

test('a store that has lost every session keeps no promise about those that have ended, or are listed', () => {
  const found = measured({ lostSessions: { cases: 20, of: 20 }, lostUpdates: { cases: 60, of: 60 } })
  const gone = 'no session is left'
  expect(cells(found)).toEqual([gone, 'not kept', 'not kept', 'kept', gone])
})

test('what was broken now and then is told with its share, and with the span before the fault', () => {
  const found = measured({ cameBack: { cases: 1, of: 30, windowMs: 120 }, lostUpdates: { cases: 1, of: 8 } })
  expect(cells(found).slice(0, 2)).toEqual(['broken in 3.4 %: the last 120 ms', 'broken in 13 %'])
  expect(cells(measured({}, { times: 10 }))[0]).toBe('not broken in 10 times')
})

test.each([
  ['kept', {}, false],
  ['kept', { falseAnswers: none }, false],
  ['kept', { falseAnswers: { cases: 1, of: 5 } }, true],
  ['not measured', {}, false],
  ['not measured', { falseAnswers: { cases: 1, of: 5 } }, true],
  ['broken in 1 %', {}, false],
  ['broken in 1 %', { falseAnswers: { cases: 5, of: 5 } }, true],
  ['not kept', {}, true],
] as const)('a page that says %s where %j was found says too much: %s', (said, found, isOverstated) => {
  expect(overstatedIn(pageSaying(said), [measured(found)]).length > 0).toBe(isOverstated)
})
