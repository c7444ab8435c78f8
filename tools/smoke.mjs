import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root, run } from './command.mjs'

const fixtures = join(root, 'tools', 'smoke')

/** Each way in which an application takes the package up, beginning with an empty folder. */
const uses = [
  { title: 'an application imports it', command: ['node', 'import.mjs'] },
  { title: 'an application requires it', command: ['node', 'require.cjs'] },
  { title: 'its types need nothing but those of Node', command: ['tsc', '-p', 'tsconfig.json'] },
]

/**
 * Installs the archive into a folder outside the repository, where nothing of the repository can be
 * found by accident, and uses it there. What the package depends on comes out of npm's cache where it is there.
 */
export async function smokeTest(tarball) {
  const folder = await mkdtemp(join(tmpdir(), 'sojourn-smoke-'))
  try {
    return await installAndUse(folder, tarball)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function installAndUse(folder, tarball) {
  await cp(fixtures, folder, { recursive: true })
  await writeConfiguration(folder)
  const installed = await run(
    ['npm', 'install', '--prefer-offline', '--no-save', '--prefix', folder, tarball],
    {
      cwd: folder,
    },
  )
  if (!installed.succeeded) return installed
  await addTypesOfNode(folder)
  return useEach(folder)
}

async function useEach(folder) {
  let output = ''
  const counts = { passed: 0, failed: 0, skipped: 0 }
  for (const { title, command } of uses) {
    const result = await run(command, { cwd: folder })
    counts[result.succeeded ? 'passed' : 'failed'] += 1
    if (!result.succeeded) output += `Not so: ${title}.\n${result.output}`
  }
  return { succeeded: counts.failed === 0, output, counts }
}

async function writeConfiguration(folder) {
  const compilerOptions = {
    ...{ strict: true, noEmit: true, skipLibCheck: false },
    ...{ target: 'es2023', module: 'nodenext', types: ['node'] },
  }
  const configuration = { compilerOptions, files: ['types.mts', 'types.cts'] }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(configuration))
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'smoke', private: true }))
}

/**
 * The types of Node are the repository's own, so that the installation needs no registry. They are
 * copied and not pointed at: beside them are those of Express, which the package must do without.
 */
async function addTypesOfNode(folder) {
  for (const name of ['@types/node', 'undici-types']) {
    await cp(join(root, 'node_modules', name), join(folder, 'node_modules', name), { recursive: true })
  }
}
