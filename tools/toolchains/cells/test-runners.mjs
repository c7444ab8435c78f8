import { cp, mkdir, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const jestVersions = ['29', '30']
const presetEnv = { presets: [['@babel/preset-env', { targets: { node: 'current' } }]] }
const forTypeScript = {
  compilerOptions: { module: 'commonjs', esModuleInterop: true, strict: true, target: 'es2022' },
}

export function testRunnerCells(project) {
  return [...jestVersions.flatMap(version => jestCells(project, version)), vitestCell(project)]
}

function jestCells(project, version) {
  const jest = suite => runJest(project, { version, ...suite })
  return [
    {
      title: `jest ${version}, CommonJS as it comes`,
      prove: () => jest({ name: 'as-it-comes', test: 'require.test.js', files: {} }),
    },
    {
      title: `jest ${version}, babel-jest`,
      prove: () => jest({ name: 'babel', test: 'import.test.js', files: { 'babel.config.json': presetEnv } }),
    },
    {
      title: `jest ${version}, ts-jest`,
      prove: () =>
        jest({
          name: 'typed',
          test: 'typed.test.ts',
          files: { 'tsconfig.json': forTypeScript },
          options: { preset: 'ts-jest' },
        }),
    },
  ]
}

/** Jest in a folder that has nothing but one test and what it is configured with. */
async function runJest(project, { version, name, test, files, options = {} }) {
  const workspace = project.path(`jest${version}`)
  const folder = join(workspace, name)
  await copyTests(project, folder, test)
  for (const [file, content] of Object.entries({
    'package.json': { private: true, jest: options },
    ...files,
  })) {
    await writeFile(join(folder, file), JSON.stringify(content))
  }
  const { resolve } = createRequire(join(workspace, 'package.json'))
  const jest = join(dirname(resolve('jest/package.json')), 'bin', 'jest.js')
  return project.run([process.execPath, jest, '--ci', '--colors=false', '--rootDir', folder], { cwd: folder })
}

function vitestCell(project) {
  return {
    title: 'vitest',
    prove: async () => {
      const folder = project.path('with-vitest')
      await copyTests(project, folder, 'import.test.js')
      await copyTests(project, folder, 'typed.test.ts')
      return project.run([project.tool('vitest', 'vitest.mjs'), 'run', '--globals', '--root', folder])
    },
  }
}

async function copyTests(project, folder, test) {
  await mkdir(folder, { recursive: true })
  await cp(project.path('tests', test), join(folder, test))
  await cp(project.path('programs', 'exercise.cjs'), join(folder, 'exercise.cjs'))
}
