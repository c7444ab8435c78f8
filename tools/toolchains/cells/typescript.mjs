import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runAll } from '../../command.mjs'

const versions = ['5.4', '5.5', '5.6', '5.7', '5.8', '5.9', '6.0', '7.0']
/** The last version that knows `node10` and can do without `esModuleInterop`, if it is told that this is meant. */
const lastWithOldWays = 6
/** The last version that a script can call. */
const lastWithScripts = 6

/**
 * What an application is compiled as. The sources of `types` are `.cts` and `.mts`; a setting without Node's rules knows only
 * `.ts`. `runs` are the files that Node can run as they were emitted.
 */
const settings = {
  node10: [
    {
      name: 'commonjs-without-interop',
      options: { module: 'commonjs', esModuleInterop: false },
      files: ['required.ts', 'namespace.ts'],
      runs: ['required.js', 'namespace.js'],
    },
    {
      name: 'commonjs',
      options: { module: 'commonjs', esModuleInterop: true },
      files: ['required.ts', 'imported.ts', 'namespace-with-interop.ts'],
      runs: ['required.js', 'imported.js', 'namespace-with-interop.js'],
    },
    {
      name: 'esnext',
      options: { module: 'esnext', esModuleInterop: true },
      files: ['imported.ts'],
      runs: [],
    },
  ],
  node16: [withNodesRules('node16')],
  nodenext: [withNodesRules('nodenext')],
  bundler: [
    { name: 'esnext', options: { module: 'esnext' }, files: ['imported.ts'], runs: [] },
    { name: 'preserve', options: { module: 'preserve' }, files: ['preserved.ts', 'imported.ts'], runs: [] },
  ],
}

function withNodesRules(module) {
  const files = ['required.cts', 'imported.mts', 'namespace-with-interop.cts']
  const runs = ['required.cjs', 'imported.mjs', 'namespace-with-interop.cjs']
  return { name: module, options: { module, esModuleInterop: true }, files, runs }
}

/** One piece of work for each version, because reading the declarations takes longer than checking against them. */
export function typescriptCells(project) {
  return versions.map(version => ({
    titles: resolutionsOf(version).map(resolution => titleOf(version, resolution)),
    prove: () => proveVersion(project, version),
  }))
}

function titleOf(version, resolution) {
  return `TypeScript ${version}, ${resolution}`
}

function resolutionsOf(version) {
  return Object.keys(settings).filter(
    resolution => resolution !== 'node10' || major(version) <= lastWithOldWays,
  )
}

function major(version) {
  return Number.parseInt(version, 10)
}

async function proveVersion(project, version) {
  const prepared = []
  for (const resolution of resolutionsOf(version)) {
    for (const setting of settings[resolution])
      prepared.push(await prepare(project, { version, resolution, ...setting }))
  }
  const problems = await compile(
    project,
    version,
    prepared.map(({ folder }) => folder),
  )
  return Promise.all(
    resolutionsOf(version).map(resolution => {
      const own = prepared.filter(setting => setting.resolution === resolution)
      return proveSettings(project, { title: titleOf(version, resolution), own, problems })
    }),
  )
}

async function proveSettings(project, { title, own, problems }) {
  const complaints = own.map(({ folder }) => problems[folder] ?? '').join('')
  if (complaints !== '') return { title, succeeded: false, output: complaints }
  for (const { folder, runs } of own) {
    for (const file of runs) {
      const result = await project.run([process.execPath, join(folder, file)])
      if (!result.succeeded) return { title, ...result }
    }
  }
  return { title, succeeded: true, output: '' }
}

async function prepare(project, setting) {
  const { version, resolution, name, options, files } = setting
  const folder = project.path('compiled', version, resolution, name)
  await mkdir(folder, { recursive: true })
  for (const file of files) await cp(project.path('types', sourceOf(file)), join(folder, file))
  const compilerOptions = { ...common, ...forVersion(version), moduleResolution: resolution, ...options }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }))
  return { ...setting, folder }
}

/**
 * Compiles with and without `skipLibCheck`, and answers what the compiler has to say of each folder. The seventh version is
 * fast, and cannot be called by a script.
 */
async function compile(project, version, folders) {
  if (major(version) > lastWithScripts) return compileEach(project, version, folders)
  const compiler = project.tool(`typescript-${version}`, 'lib/typescript.js')
  const script = project.path('compiling', 'compile.mjs')
  const { succeeded, output } = await project.run([process.execPath, script, compiler, ...folders])
  if (!succeeded) throw new Error(output)
  return JSON.parse(output)
}

async function compileEach(project, version, folders) {
  const compiler = project.tool(`typescript-${version}`, 'bin/tsc')
  const problems = {}
  for (const folder of folders) {
    const [checked, unchecked] = ['false', 'true'].map(value => [
      ...[process.execPath, compiler, '-p', folder, '--skipLibCheck', value],
    ])
    const { succeeded, output } = await runAll([checked, unchecked], { cwd: project.folder })
    if (!succeeded) problems[folder] = output
  }
  return problems
}

const common = {
  strict: true,
  target: 'es2022',
  lib: ['es2023'],
  types: ['node'],
  // What a program is, is said by its ending alone.
  moduleDetection: 'force',
}

/** What is on its way out is complained of by the sixth version, unless it is told not to. */
function forVersion(version) {
  return version === '6.0' ? { ignoreDeprecations: '6.0' } : {}
}

function sourceOf(file) {
  return file.replace(/\.ts$/, file === 'imported.ts' ? '.mts' : '.cts')
}
