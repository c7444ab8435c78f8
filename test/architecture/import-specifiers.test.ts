import { expect, test } from 'vitest'
import { importSpecifiers } from './import-specifiers.ts'

test.each([
  [`import a from 'one'`, ['one']],
  [`import a, { b } from "one"\nimport type { c } from 'two'`, ['one', 'two']],
  [`import {\n  a,\n  b,\n} from 'one'`, ['one']],
  [`import 'one'`, ['one']],
  [`export * from 'one'\nexport { a } from 'two'\nexport type { b } from 'three'`, ['one', 'two', 'three']],
  [`const a = await import('one')`, ['one']],
  [`const a: import('one').A = b`, ['one']],
  [`const a = require('one')`, ['one']],
  [`const accept = '*/*'\nimport a from 'one'\nconst other = '/*'`, ['one']],
])('every form of import is found: %j', (source, specifiers) => {
  expect(importSpecifiers(source)).toEqual(specifiers)
})

test.each([
  [`/**\n * import a from 'one'\n */\nexport const a = 1`],
  [`// import a from 'one'`],
  [`export const from = 'one'`],
  [`export function load() {\n  return 'one'\n}`],
])('what only looks like an import is not one: %j', source => {
  expect(importSpecifiers(source)).toEqual([])
})
