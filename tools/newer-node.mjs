import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { root, run } from './command.mjs'

const folder = join(root, '.scratch', 'node-24')
const name = `node-${process.platform}-${process.arch}`
const path = join(folder, 'node_modules', name, 'bin', 'node')

/** Installs Node.js 24 from the registry, beside the one that runs. Answers its path. */
export async function newerNode() {
  if (existsSync(path)) return path
  const quiet = ['--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--ignore-scripts']
  const { succeeded, output } = await run(['npm', 'install', '--prefix', folder, ...quiet, `${name}@24`])
  if (!succeeded) throw new Error(`Expected to install ${name}@24. ${output}`)
  return path
}
