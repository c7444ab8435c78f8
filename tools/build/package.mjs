import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { root, run } from '../command.mjs'
import { bundle } from './bundle.mjs'
import { facadeOf } from './facade.mjs'
import { publicPaths } from './public-paths.mjs'

const specifiers = publicPaths.map(({ name }) => (name === 'index' ? 'sojourn' : `sojourn/${name}`))
/** Where every path leads that does not exist. */
const noSuchPath = `'use strict'
const message = 'Expected a path that sojourn has, got another one. It has: ${specifiers.join(', ')}.'
throw Object.assign(new Error(message), { code: 'ERR_PACKAGE_PATH_NOT_EXPORTED' })
`

const compiler = ['tsc', '-p', 'tsconfig.build.json', '--outDir']

/**
 * Builds what is published into a folder: the sources as CommonJS in a few files, their declarations (`types`), and beside
 * the file of each public path what leads to it by `import`, and the types of both.
 *
 * Answers what the compiler has to complain of; undefined when all is well.
 */
export async function buildPackage(folder) {
  // What an earlier build left behind would be published and tested.
  await rm(folder, { recursive: true, force: true })
  const { succeeded, output } = await run([...compiler, join(folder, 'types')])
  if (!succeeded) return output
  const names = await bundle(folder)
  await writeFile(join(folder, 'package.json'), '{ "type": "commonjs", "sideEffects": false }\n')
  await copyFile(join(root, 'node_modules/devalue/LICENSE'), join(folder, 'devalue.LICENSE'))
  await writeFile(join(folder, 'no-such-path.js'), noSuchPath)
  for (const path of publicPaths) await writeFacade(folder, path, names.get(path.name))
  return undefined
}

async function writeFacade(folder, path, module) {
  const files = await facadeOf(folder, path, module)
  await mkdir(dirname(join(folder, path.name)), { recursive: true })
  for (const [ending, text] of Object.entries(files))
    await writeFile(join(folder, `${path.name}${ending}`), text)
}
