import { expect, test } from 'vitest'
import { errorCodes } from '../../src/core/report/errors.ts'
import { readPage, withoutCode } from './pages.ts'

test('docs/errors.md has a section for each error code, and for no other', () => {
  const text = withoutCode(readPage('docs/errors.md')?.text ?? '')
  const sections = [...text.matchAll(/^## ([A-Z][A-Z_]+)$/gm)].map(match => match[1])
  expect(sections.toSorted()).toEqual([...errorCodes].toSorted())
})
