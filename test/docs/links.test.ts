import { expect, test } from 'vitest'
import { brokenLinks } from './links.ts'
import { readPages } from './pages.ts'

test('every relative link of the documentation leads to a file, and to a heading where it names one', () => {
  const pages = readPages()
  expect(pages.map(page => page.path)).toContain('README.md')
  expect(pages.flatMap(brokenLinks)).toEqual([])
})

test.each([
  ['[a](missing.md)', 'there is no such file'],
  ['[a](../LICENSE)\n[b]: ./missing.md', 'there is no such file'],
  ['[a](../../elsewhere/page.md)', 'it leaves the repository'],
  ['[a](/LICENSE)', 'it leaves the repository'],
  ['# Title\n[a](#titel)', 'there is no such heading'],
  ['[a](../CONTRIBUTING.md#no-such-heading)', 'there is no such heading'],
])('a link that leads nowhere is seen: %j', (text, problem) => {
  expect(brokenLinks({ path: 'docs/page.md', text })).toEqual([expect.stringContaining(problem)])
})

test.each([
  ['[a](../LICENSE) and ![b](../package.json "title")'],
  ['# Why `a` is: so\n[a](#why-a-is-so)'],
  ['# Twice\n# Twice\n[a](#twice-1)'],
  ['[a](https://example.com/missing.md) [b](mailto:a@example.com)'],
  ['`[a](missing.md)`\n```md\n[a](missing.md)\n```'],
])('a link that leads somewhere is let through: %j', text => {
  expect(brokenLinks({ path: 'docs/page.md', text })).toEqual([])
})
