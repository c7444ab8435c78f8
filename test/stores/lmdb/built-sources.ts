import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** The sources and the programs of these tests, compiled, because Node 20 runs no TypeScript. */
export class BuiltSources {
  readonly #folder: string

  constructor() {
    mkdirSync(join(root, '.scratch'), { recursive: true })
    this.#folder = mkdtempSync(join(root, '.scratch', 'lmdb-'))
    // Some of the processes belong to another user.
    chmodSync(this.#folder, 0o755)
    writeFileSync(join(this.#folder, 'package.json'), '{"type":"module"}')
    writeFileSync(join(this.#folder, 'tsconfig.json'), JSON.stringify(this.#configuration()))
    try {
      compile(this.#folder)
    } catch (error) {
      this.remove()
      throw error
    }
  }

  /** The folder of the compiled sources. */
  get source(): string {
    return join(this.#folder, 'src')
  }

  /** The path of a program in the folder `programs`. */
  program(name: string): string {
    return join(this.#folder, 'test/stores/lmdb/programs', `${name}.js`)
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #configuration(): object {
    return {
      extends: join(root, 'tsconfig.json'),
      // The types are checked elsewhere.
      compilerOptions: { noEmit: false, noCheck: true, rootDir: root, outDir: this.#folder },
      include: [join(root, 'src'), join(root, 'test/stores/lmdb/programs')],
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
