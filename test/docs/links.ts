import { existsSync } from 'node:fs'
import { join, posix } from 'node:path'
import { type Page, readPage, root, withoutCode } from './pages.ts'

const link = /\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)|^\[[^\]]+\]:\s*(\S+)/gm
const heading = /^#{1,6} +(.+?)(?: +#+)?$/gm
const elsewhere = /^(?:[a-z][a-z0-9+.-]*:|\/\/)/i

/** Lists the relative links of a page that lead nowhere, in words. */
export function brokenLinks(page: Page): readonly string[] {
  const targets = [...withoutCode(page.text).matchAll(link)].map(match => match[1] ?? match[2] ?? '')
  return targets
    .filter(target => !elsewhere.test(target))
    .flatMap(target => {
      const problem = problemWith(target, page)
      return problem === undefined ? [] : [`${page.path} links to ${target}: ${problem}`]
    })
}

function problemWith(target: string, page: Page): string | undefined {
  const [file = '', anchor] = target.split('#', 2)
  const path = file === '' ? page.path : posix.join(posix.dirname(page.path), decodeURIComponent(file))
  if (path.startsWith('..') || posix.isAbsolute(file)) return 'it leaves the repository'
  if (file !== '' && !existsSync(join(root, path))) return 'there is no such file'
  if (anchor === undefined) return undefined
  const linked = file === '' ? page : readPage(path)
  return linked === undefined || anchorsOf(linked.text).has(anchor) ? undefined : 'there is no such heading'
}

/** The anchors that a reader's browser knows: each heading in small letters, without punctuation, with hyphens. */
function anchorsOf(text: string): ReadonlySet<string> {
  const seen = new Map<string, number>()
  return new Set([...text.matchAll(heading)].map(match => numbered(anchorFor(match[1] ?? ''), seen)))
}

function anchorFor(title: string): string {
  const plain = title.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase()
  return plain.replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '').replaceAll(' ', '-')
}

/** A heading that comes twice has its second anchor numbered. */
function numbered(anchor: string, seen: Map<string, number>): string {
  const count = seen.get(anchor) ?? 0
  seen.set(anchor, count + 1)
  return count === 0 ? anchor : `${anchor}-${count}`
}
