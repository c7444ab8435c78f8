import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The sources and the programs of some tests, compiled, because Node 20 runs no TypeScript. */
export class BuiltSources {
  readonly #folder: string

  /** `folders` are those of the programs, from the root of the repository. What they import is built with them. */
  constructor(...folders: readonly string[]) {
    mkdirSync(join(root, '.scratch'), { recursive: true })
    this.#folder = mkdtempSync(join(root, '.scratch', 'built-'))
    writeFileSync(join(this.#folder, 'package.json'), '{"type":"module"}')
    writeFileSync(join(this.#folder, 'tsconfig.json'), JSON.stringify(this.#configuration(folders)))
    try {
      compile(this.#folder)
      this.#giveRequire(join(this.source, 'stores', 'driver.js'))
    } catch (error) {
      this.remove()
      throw error
    }
  }

  /** The folder of the compiled sources. */
  get source(): string {
    return join(this.#folder, 'src')
  }

  /** Where a program is, that is named by its path in the repository, without its ending. */
  program(path: string): string {
    return join(this.#folder, `${path}.js`)
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** What is published is CommonJS, which has it. Vitest has it too. */
  #giveRequire(file: string): void {
    const given =
      "import { createRequire } from 'node:module'\nconst require = createRequire(import.meta.url)\n"
    writeFileSync(file, given + readFileSync(file, 'utf8'))
  }

  #configuration(folders: readonly string[]): object {
    return {
      extends: join(root, 'tsconfig.json'),
      // The types are checked elsewhere.
      compilerOptions: { noEmit: false, noCheck: true, rootDir: root, outDir: this.#folder },
      include: [join(root, 'src'), ...folders.map(folder => join(root, folder))],
    }
  }
}

function compile(folder: string): void {
  const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'))
  const { stdout, status, error } = spawnSync(
    process.execPath,
    [join(typescript, 'bin', 'tsc'), '-p', folder],
    { encoding: 'utf8' },
  )
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`The sources do not compile:\n${stdout}`)
}
