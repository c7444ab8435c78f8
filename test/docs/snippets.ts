import type { Page } from './pages.ts'

/** One module made of a page's `ts` fences, its lines at the numbers that they have on the page. */
export interface Snippet {
  readonly page: string
  /** The page's line on which the first fence opens. */
  readonly line: number
  readonly source: string
}

/**
 * What a fence may begin with when its page has no room for it. A comment above the fence names it:
 * `<!-- prelude: app -->`. Each stands on one line, so that the fence keeps its line numbers.
 */
const preludes: Readonly<Record<string, string>> = {
  mongoClient: `declare const client: import('mongodb').MongoClient; declare const mongoose: { readonly connection: { asPromise(): Promise<unknown>; getClient(): import('mongodb').MongoClient; readonly name: string } };`,
  pgPool: `declare const pool: import('pg').Pool;`,
  mysqlPool: `declare const pool: import('mysql2').Pool;`,
  DatabaseSync:
    'declare class DatabaseSync { constructor(path: string); exec(text: string): void; prepare(text: string): import("sojourn/sqlite").SqliteStatement }',
  app: `import express from 'express'; const app = express();`,
  session: `import session from 'sojourn';`,
  sessions: `import { createSessions } from 'sojourn'; const sessions = createSessions({ secret: 'a secret' });`,
  cookie: `import type { SessionCookie } from 'sojourn/testing'; declare const cookie: SessionCookie;`,
  context: `declare const context: import('playwright-core').BrowserContext;`,
  secret: `declare const secret: string;`,
}

const fenceOpening = /^```(?:ts|typescript)\b.*$/
const prelude = /^<!-- prelude: ([\w, -]+?) -->$/
const continuation = '<!-- continues -->'

/**
 * Finds the modules of a page. Each fence is one, unless `<!-- continues -->` stands above it: then it
 * goes on where the fence before it ended.
 */
export function snippetsOf({ path, text }: Page): readonly Snippet[] {
  const lines = text.split(/\r?\n/)
  const snippets: Snippet[] = []
  for (const [index, line] of lines.entries()) {
    if (!fenceOpening.test(line)) continue
    const mark = markAbove(lines, index)
    const opening = index + 1
    const previous = mark === continuation ? snippets.pop() : undefined
    snippets.push({
      page: path,
      line: previous?.line ?? opening,
      source: `${previous?.source ?? ''}${padding(previous, opening)}${preludeOf(mark, path)}\n${bodyOf(lines, index)}`,
    })
  }
  return snippets
}

/** As many empty lines as bring the next character to the line on which the fence opens. */
function padding(previous: Snippet | undefined, opening: number): string {
  const reached = previous === undefined ? 1 : previous.source.split('\n').length
  return '\n'.repeat(opening - reached)
}

function bodyOf(lines: readonly string[], opening: number): string {
  const end = lines.indexOf('```', opening + 1)
  return `${lines.slice(opening + 1, end === -1 ? undefined : end).join('\n')}\n`
}

function markAbove(lines: readonly string[], opening: number): string {
  const above = lines[opening - 1]?.trim() ?? ''
  return above === '' ? (lines[opening - 2]?.trim() ?? '') : above
}

function preludeOf(mark: string, page: string): string {
  const names = prelude.exec(mark)?.[1]?.split(/,\s*/) ?? []
  return names.map(name => preludes[name] ?? unknownPrelude(name, page)).join(' ')
}

function unknownPrelude(name: string, page: string): never {
  const known = Object.keys(preludes).join(', ')
  throw new Error(`Expected a prelude in ${page} to be one of ${known}, got '${name}'.`)
}
