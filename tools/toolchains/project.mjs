import { cp, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { root, run } from '../command.mjs'
import { nodes } from './nodes.mjs'

const template = join(root, 'tools', 'toolchains', 'project')
const quiet = ['--no-audit', '--no-fund', '--no-package-lock', '--prefer-offline']

/** A folder of an application, with all tools installed beside the packed package. */
export class Project {
  constructor(folder) {
    this.folder = folder
  }

  /** @throws when npm fails, with what it says */
  static async install(folder, tarball) {
    await cp(template, folder, { recursive: true })
    await addDependencies(join(folder, 'package.json'), { ...nodes(), sojourn: `file:${tarball}` })
    const installed = await run(['npm', 'install', ...quiet], { cwd: folder })
    if (!installed.succeeded) throw new Error(`npm could not install the tools.\n${installed.output}`)
    return new Project(folder)
  }

  path(...parts) {
    return join(this.folder, ...parts)
  }

  /** The program of an installed package, as its `bin` has it. */
  tool(name, file) {
    return this.path('node_modules', name, file)
  }

  /** Runs a command that has a folder of its own for sessions. */
  async run(command, { cwd = this.folder, env = {} } = {}) {
    const sessions = await mkdtemp(this.path('sessions-'))
    return run(command, { cwd, env: { SESSIONS: sessions, ...env } })
  }

  /** Runs programs that say `done` when they have come to their end. */
  async runPrograms(programs, node = process.execPath) {
    for (const program of programs) {
      const result = await this.run([node, program])
      if (!result.succeeded || !result.output.includes('done')) return { ...result, succeeded: false }
    }
    return { succeeded: true, output: '' }
  }
}

/** Adds dependencies to a manifest that npm has not seen yet. */
async function addDependencies(path, dependencies) {
  const manifest = JSON.parse(await readFile(path, 'utf8'))
  Object.assign(manifest.dependencies, dependencies)
  await writeFile(path, JSON.stringify(manifest))
}
