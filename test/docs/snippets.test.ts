import { describe, expect, test } from 'vitest'
import { readPages } from './pages.ts'
import { snippetsOf } from './snippets.ts'
import { typeCheck } from './type-check.ts'

test('every ts fence of the documentation compiles', { timeout: 60_000 }, () => {
  const snippets = readPages().flatMap(snippetsOf)
  expect(snippets.map(snippet => snippet.page)).toContain('README.md')
  expect(typeCheck(snippets)).toEqual([])
})

describe('a fence', () => {
  const page = (...lines: readonly string[]) => ({ path: 'docs/page.md', text: lines.join('\n') })
  const problemsOf = (...lines: readonly string[]) => typeCheck(snippetsOf(page(...lines)))

  test('that is wrong is named with its page and line', { timeout: 60_000 }, () => {
    const problems = problemsOf('# Title', '', '```ts', 'const a: string = "a"', 'const b: number = a', '```')
    expect(problems).toEqual([expect.stringMatching(/^docs\/page\.md:5 error TS2322/)])
  })

  test('does not see the names of another fence, unless it continues it', { timeout: 60_000 }, () => {
    const first = ['```ts', 'const a = 1', '```', '']
    const second = ['```ts', 'export const b = a', '```']
    expect(problemsOf(...first, ...second)).toEqual([expect.stringMatching(/^docs\/page\.md:6 error TS2304/)])
    expect(problemsOf(...first, '<!-- continues -->', ...second)).toEqual([])
  })

  test('keeps its line numbers when it continues another or has a prelude', () => {
    const fences = ['```ts', 'one', '```', '', '<!-- continues -->', '```ts', 'two', '```']
    const [joined] = snippetsOf(page(...fences))
    expect(joined?.source.split('\n').indexOf('two')).toBe(fences.indexOf('two'))
    const [begun] = snippetsOf(page('', '<!-- prelude: secret, session -->', '```ts', 'three', '```'))
    expect(begun?.source.split('\n').indexOf('three')).toBe(3)
    expect(begun?.source).toContain('declare const secret')
  })

  test('with an unknown prelude is refused', () => {
    expect(() => snippetsOf(page('<!-- prelude: fastify -->', '```ts', '```'))).toThrow(`got 'fastify'`)
  })

  test('of another language is left alone', () => {
    expect(snippetsOf(page('```js', 'const', '```', '```sh', 'ls', '```'))).toEqual([])
  })
})
