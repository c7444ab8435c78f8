import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { root } from './pages.ts'
import type { Snippet } from './snippets.ts'

/** Imported names that a fence does not use are no mistake: the reader will. */
const configuration = {
  extends: '../../tsconfig.json',
  compilerOptions: { noUnusedLocals: false, noUnusedParameters: false, moduleDetection: 'force' },
  include: ['*.ts'],
}

/** Type-checks snippets as modules of their own in one run, and answers what is wrong as `page:line message`. */
export function typeCheck(snippets: readonly Snippet[]): readonly string[] {
  mkdirSync(join(root, '.scratch'), { recursive: true })
  const folder = mkdtempSync(join(root, '.scratch', 'snippets-'))
  try {
    writeProject(folder, snippets)
    return runCompiler(folder, snippets)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function writeProject(folder: string, snippets: readonly Snippet[]): void {
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(configuration))
  for (const [index, { source }] of snippets.entries()) writeFileSync(join(folder, `${index}.ts`), source)
}

function runCompiler(folder: string, snippets: readonly Snippet[]): readonly string[] {
  const { stdout, status, error } = spawnSync(
    process.execPath,
    [compilerPath(), '-p', '.', '--pretty', 'false'],
    {
      cwd: folder,
      encoding: 'utf8',
    },
  )
  if (error !== undefined) throw error
  const problems = stdout.split('\n').filter(line => line !== '')
  if (status !== 0 && problems.length === 0)
    throw new Error(`The compiler ended with ${status} and said nothing.`)
  return problems.map(problem => atPage(problem, snippets))
}

function atPage(problem: string, snippets: readonly Snippet[]): string {
  return problem.replace(/^(\d+)\.ts\((\d+),\d+\): /, (found, index, line) => {
    const snippet = snippets[Number(index)]
    return snippet === undefined ? found : `${snippet.page}:${line} `
  })
}

function compilerPath(): string {
  return join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')
}
