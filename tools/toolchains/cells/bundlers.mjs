import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * To CommonJS a bundle loads the driver by itself. To a module it has no `require`, and the application hands the driver in.
 * LMDB has a binary, so that it stays beside the bundle in both.
 */
const targets = [
  { format: 'CommonJS', ending: 'cjs', programs: ['require.cjs', 'import.mjs', 'one-copy.cjs'] },
  { format: 'ESM', ending: 'mjs', programs: ['handed-in.mjs'] },
]

const bundlers = { esbuild: bundleWithEsbuild, webpack: bundleWithWebpack, rollup: bundleWithRollup }

export function bundlerCells(project) {
  const cells = Object.entries(bundlers).flatMap(([name, bundle]) =>
    targets.map(target => ({
      title: `${name} to ${target.format}, with LMDB`,
      prove: () => proveBundles(project, { name, bundle, ...target }),
    })),
  )
  return [...cells, withoutDriver(project)]
}

async function proveBundles(project, { name, bundle, ending, programs }) {
  for (const program of programs) {
    const file = await bundled(project, { name, bundle, ending, program })
    const result = await project.runPrograms([file])
    if (!result.succeeded) return { ...result, output: `${program}\n${result.output}` }
  }
  return { succeeded: true, output: '' }
}

/** @throws when something is left to be loaded, so that the bundle would prove nothing */
async function bundled(project, { name, bundle, ending, program }) {
  const folder = project.path('bundles', `${name}-${ending}`)
  await mkdir(folder, { recursive: true })
  const file = join(folder, `${program.replace(/\..*$/, '')}.${ending}`)
  const result = await bundle(project, { entry: project.path('programs', program), file, ending })
  if (!result.succeeded) throw new Error(result.output)
  if (/(?:require|import)\(["']sojourn|from ["']sojourn/.test(await readFile(file, 'utf8'))) {
    throw new Error('The package is not in the bundle.')
  }
  return file
}

function bundleWithEsbuild(project, { entry, file, ending }) {
  const format = ending === 'cjs' ? 'cjs' : 'esm'
  const options = ['--bundle', '--platform=node', '--external:lmdb', '--log-level=error', '--target=node20']
  return project.run([
    project.tool('esbuild', 'bin/esbuild'),
    entry,
    ...options,
    `--format=${format}`,
    `--outfile=${file}`,
  ])
}

/** webpack and Rollup are called by a script, because their command lines are packages of their own. */
function bundleWithWebpack(project, options) {
  return bundleByScript(project, 'webpack.mjs', options)
}

function bundleWithRollup(project, options) {
  return bundleByScript(project, 'rollup.mjs', options)
}

function bundleByScript(project, script, { entry, file, ending }) {
  return project.run([process.execPath, project.path('bundling', script), entry, file, ending])
}

function withoutDriver(project) {
  return {
    title: 'a bundle that cannot load its driver says how to hand it in',
    prove: async () => {
      const file = project.path('bundles', 'no-driver.mjs')
      const entry = project.path('bundles', 'no-driver-entry.mjs')
      await mkdir(project.path('bundles'), { recursive: true })
      await writeFile(entry, `import { openStore } from 'sojourn'\nopenStore('lmdb:./sessions')\n`)
      const built = await bundleWithEsbuild(project, { entry, file, ending: 'mjs' })
      if (!built.succeeded) return built
      const { output } = await project.run([process.execPath, file])
      return { output, succeeded: output.includes('lmdbStore({ path, lmdb })') }
    },
  }
}
