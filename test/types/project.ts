import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

const compilerOptions = {
  ...{ module: 'nodenext', target: 'es2023', lib: ['ES2023'], types: ['node'], strict: true, noEmit: true },
  ...{ exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, skipLibCheck: false },
}

/** An application in a folder of its own, which sees the package as it is published: its declarations only. */
export class Project {
  readonly #folder: string

  /** `name` is what the package is installed as. */
  constructor(name: string) {
    mkdirSync(join(root, '.scratch'), { recursive: true })
    this.#folder = mkdtempSync(join(root, '.scratch', 'types-'))
    writeFileSync(join(this.#folder, 'package.json'), '{"type":"module"}')
    writeFileSync(
      join(this.#folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, include: ['*.ts', '*.cts'] }),
    )
    try {
      this.#installPackage(join(this.#folder, 'node_modules', name))
    } catch (error) {
      this.remove()
      throw error
    }
  }

  /** Compiles the files in one run, and answers the complaints about each. */
  check(files: { readonly [name: string]: string }): { readonly [name: string]: readonly string[] } {
    for (const [name, source] of Object.entries(files)) writeFileSync(join(this.#folder, name), source)
    const lines = compile(this.#folder, ['-p', '.'])
    const names = Object.keys(files)
    const about = (name: string) => (line: string) => line.startsWith(`${name}(`)
    const complaints = Object.fromEntries(names.map(name => [name, lines.filter(about(name))]))
    return { ...complaints, others: lines.filter(line => !names.some(name => about(name)(line))) }
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #installPackage(target: string): void {
    mkdirSync(target, { recursive: true })
    cpSync(join(root, 'package.json'), join(target, 'package.json'))
    const { stdout, status } = spawnSync(
      process.execPath,
      [join(root, 'tools', 'build.mjs'), '--into', join(target, 'dist')],
      { encoding: 'utf8' },
    )
    if (status !== 0) throw new Error(`The sources do not compile:\n${stdout}`)
    for (const name of ['@types', 'express']) {
      symlinkSync(join(root, 'node_modules', name), join(dirname(target), name))
    }
  }
}

function compile(folder: string, args: readonly string[]): readonly string[] {
  const compiler = join(
    dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
    'bin',
    'tsc',
  )
  const { stdout, status, error } = spawnSync(process.execPath, [compiler, ...args, '--pretty', 'false'], {
    cwd: folder,
    encoding: 'utf8',
  })
  if (error !== undefined) throw error
  // A line that is indented goes on about the one before.
  const lines = stdout.split('\n').filter(line => /^\S/.test(line))
  if (status !== 0 && lines.length === 0)
    throw new Error(`The compiler ended with ${status} and said nothing.`)
  return lines
}
