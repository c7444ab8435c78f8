import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Source text by its path from the root of the repository, with forward slashes. */
export type SourceFiles = ReadonlyMap<string, string>

const root = fileURLToPath(new URL('../..', import.meta.url))
const isSource = /\.(?:ts|mts|cts|js|mjs|cjs)$/
const ignored = new Set(['node_modules', 'dist', '.scratch'])

/** Reads every source file below some folders. A folder that does not exist has none. */
export function readSourceFiles(...folders: readonly string[]): SourceFiles {
  const paths = folders.flatMap(listFiles).filter(path => isSource.test(path))
  return new Map(paths.map(path => [path, readFileSync(`${root}${path}`, 'utf8')]))
}

/** Lists the files below a folder, or at the root itself for `'.'`, where folders are not entered. */
export function listFiles(folder: string): readonly string[] {
  const isRoot = folder === '.'
  return entriesOf(folder).flatMap(entry => {
    const path = isRoot ? entry.name : `${folder}/${entry.name}`
    if (ignored.has(entry.name)) return []
    if (entry.isDirectory()) return isRoot ? [] : listFiles(path)
    return [path]
  })
}

function entriesOf(folder: string): ReturnType<typeof readEntries> {
  try {
    return readEntries(folder)
  } catch {
    return []
  }
}

function readEntries(folder: string) {
  return readdirSync(`${root}${folder}`, { withFileTypes: true })
}
