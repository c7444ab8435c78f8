import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { buildPackage } from './build/package.mjs'
import { root } from './command.mjs'

const { values } = parseArgs({ options: { into: { type: 'string', default: join(root, 'dist') } } })
const problem = await buildPackage(resolve(values.into))
if (problem !== undefined) process.stdout.write(problem)
process.exitCode = problem === undefined ? 0 : 1
