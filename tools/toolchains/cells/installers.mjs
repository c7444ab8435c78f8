import { existsSync } from 'node:fs'
import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root, run } from '../../command.mjs'

const programs = ['require.cjs', 'import.mjs', 'one-copy.cjs']

/** Other package managers, and an installation from the repository itself. */
export function installerCells(project, folder, tarball) {
  return [
    { title: 'pnpm', prove: () => provePnpm(project, join(folder, 'with-pnpm'), tarball) },
    { title: 'Yarn, Plug’n’Play', prove: () => proveYarn(project, join(folder, 'with-yarn'), tarball) },
    {
      title: 'Yarn, Plug’n’Play, says which driver is missing',
      prove: () => proveMissingDriver(project, join(folder, 'without-driver'), tarball),
    },
    ...(existsSync(join(root, '.git'))
      ? [{ title: 'npm, from git', prove: () => proveGit(project, join(folder, 'from-git')) }]
      : []),
  ]
}

async function provePnpm(project, folder, tarball) {
  await prepare(project, folder, { sojourn: `file:${tarball}`, lmdb: '^3.5.0' })
  const pnpm = project.tool('pnpm', 'bin/pnpm.cjs')
  const options = ['--store-dir', join(folder, 'store'), '--ignore-scripts', '--no-frozen-lockfile']
  const installed = await run([process.execPath, pnpm, 'install', ...options], { cwd: folder })
  return installed.succeeded ? runAsInstalled(project, folder, [process.execPath]) : installed
}

async function proveYarn(project, folder, tarball) {
  const { yarn, ...installed } = await installWithYarn(project, folder, {
    sojourn: `file:${tarball}`,
    lmdb: '^3.5.0',
  })
  return installed.succeeded ? runAsInstalled(project, folder, [...yarn, 'node']) : installed
}

async function proveMissingDriver(project, folder, tarball) {
  const { yarn, ...installed } = await installWithYarn(project, folder, { sojourn: `file:${tarball}` })
  if (!installed.succeeded) return installed
  const { output } = await project.run([...yarn, 'node', 'no-driver.cjs'], {
    cwd: folder,
    env: yarnEnvironment,
  })
  const expected =
    'Expected the package `lmdb` for the lmdb store, but it is not installed. Run: npm install lmdb'
  return { output, succeeded: output.trim() === expected }
}

async function installWithYarn(project, folder, dependencies) {
  await prepare(project, folder, dependencies)
  const yarn = [process.execPath, project.tool('@yarnpkg/cli-dist', 'bin/yarn.js')]
  const { output: registry } = await run(['npm', 'config', 'get', 'registry'])
  // Yarn reads no settings of npm's.
  const env = { ...yarnEnvironment, YARN_NPM_REGISTRY_SERVER: registry.trim() }
  // A folder with a lock file of its own is a project of its own.
  await writeFile(join(folder, 'yarn.lock'), '')
  return { yarn, ...(await run([...yarn, 'install'], { cwd: folder, env })) }
}

const yarnEnvironment = {
  YARN_ENABLE_GLOBAL_CACHE: 'false',
  YARN_ENABLE_IMMUTABLE_INSTALLS: 'false',
  YARN_ENABLE_TELEMETRY: 'false',
  YARN_NODE_LINKER: 'pnp',
  YARN_UNSAFE_HTTP_WHITELIST: '*',
}

/** npm clones the repository as it was committed, and makes the package of it. */
async function proveGit(project, folder) {
  await prepare(project, folder, {
    sojourn: `git+${pathToFileURL(root).href.replace(/\/$/, '')}`,
    lmdb: '^3.5.0',
  })
  const installed = await run(['npm', 'install', '--no-audit', '--no-fund', '--prefer-offline'], {
    cwd: folder,
  })
  return installed.succeeded ? runAsInstalled(project, folder, [process.execPath]) : installed
}

async function prepare(project, folder, dependencies) {
  await mkdir(folder, { recursive: true })
  await cp(project.path('programs'), folder, { recursive: true })
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'an-app', private: true, dependencies }),
  )
}

async function runAsInstalled(project, folder, node) {
  for (const program of programs) {
    const result = await project.run([...node, program], { cwd: folder, env: yarnEnvironment })
    if (!result.succeeded || !result.output.includes('done')) return { ...result, succeeded: false }
  }
  return { succeeded: true, output: '' }
}
