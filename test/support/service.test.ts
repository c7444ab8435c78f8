import { expect, test } from 'vitest'
import { planFor } from './service.ts'

const there = { name: 'A service', found: '/usr/bin/service', advice: 'apt-get install service' }
const missing = { ...there, found: undefined }

test('tests run where their service is', () => {
  expect(planFor(there, {})).toBe('run')
  expect(planFor(there, { CI: 'true' })).toBe('run')
})

test('tests are skipped where their service is missing', () => {
  expect(planFor(missing, {})).toBe('skip')
})

test('tests fail where their service is missing and somebody relies on them', () => {
  expect(planFor(missing, { CI: 'true' })).toBe('fail')
})
