import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { listFiles } from '../architecture/source-files.ts'

/** One markdown file, by its path from the root of the repository. */
export interface Page {
  readonly path: string
  readonly text: string
}

export const root: string = fileURLToPath(new URL('../..', import.meta.url))

/** Reads every markdown file of the root, and of the folders whose pages are for readers. */
export function readPages(): readonly Page[] {
  const paths = ['.', 'docs', 'examples', 'demo', 'bench'].flatMap(listFiles)
  return paths
    .filter(path => path.endsWith('.md'))
    .map(path => ({ path, text: readFileSync(`${root}${path}`, 'utf8') }))
}

/** Reads one page; undefined when there is none. */
export function readPage(path: string): Page | undefined {
  return existsSync(`${root}${path}`) ? { path, text: readFileSync(`${root}${path}`, 'utf8') } : undefined
}

/** Blanks out what stands in fences and code spans, line for line: a link or a heading there is none. */
export function withoutCode(text: string): string {
  return text
    .replace(/^( *)(`{3,}|~{3,})[^\n]*\n[\s\S]*?^\1\2[ \t]*$/gm, fence => fence.replace(/[^\n]/g, ''))
    .replace(/`[^`\n]*`/g, '``')
}
