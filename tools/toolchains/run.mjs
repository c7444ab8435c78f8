/**
 * Loads the packed package with the tools that people have: Node's own loaders, test runners, TypeScript, bundlers and
 * other package managers.
 *
 *   node tools/toolchains/run.mjs [sojourn-0.1.0.tgz]   without an archive, it builds and packs one
 *   … --only jest                                       cells whose title has the word
 *   … --keep                                            leaves the scratch projects behind, and says where
 *
 * Everything is installed from the npm registry into a temporary folder, and nothing outside of it is used. Each cell of
 * the matrix is one line. The last line is `toolchains: N passed, N failed`.
 */
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { run } from '../command.mjs'
import { packAndCheck } from '../pack.mjs'
import { bundlerCells } from './cells/bundlers.mjs'
import { installerCells } from './cells/installers.mjs'
import { nodeCells } from './cells/node.mjs'
import { testRunnerCells } from './cells/test-runners.mjs'
import { typescriptCells } from './cells/typescript.mjs'
import { Project } from './project.mjs'

const { values, positionals } = parseArgs({
  options: { only: { type: 'string', default: '' }, keep: { type: 'boolean', default: false } },
  allowPositionals: true,
})

async function main() {
  const tarball = positionals[0] === undefined ? await pack() : resolve(positionals[0])
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'toolchains-')))
  try {
    return await prove(folder, tarball)
  } finally {
    if (values.keep) console.log(`The scratch projects are in ${folder}.`)
    else await rm(folder, { recursive: true, force: true })
  }
}

async function pack() {
  const built = await run(['node', 'tools/build.mjs'])
  const packed = built.succeeded ? await packAndCheck() : built
  if (!packed.succeeded) throw new Error(packed.output)
  return packed.tarball
}

async function prove(folder, tarball) {
  const startedAt = Date.now()
  const project = await Project.install(join(folder, 'project'), tarball)
  console.log(`installed  (${secondsSince(startedAt)} s)`)
  const cells = [
    ...nodeCells(project),
    ...testRunnerCells(project),
    ...bundlerCells(project),
    ...installerCells(project, folder, tarball),
    ...typescriptCells(project),
  ].filter(cell => titlesOf(cell).some(title => title.includes(values.only)))
  const queue = cells[Symbol.iterator]()
  const count = { passed: 0, failed: 0 }
  await Promise.all(Array.from({ length: availableParallelism() }, () => work(queue, count)))
  return count
}

/** Cells that wait for a file or the registry leave room for others. */
async function work(queue, count) {
  for (const cell of queue) {
    const startedAt = Date.now()
    const proved = await cell.prove().catch(error => titlesOf(cell).map(title => failed(title, error)))
    for (const result of [proved].flat()) {
      count[result.succeeded ? 'passed' : 'failed'] += 1
      announce({ title: cell.title, ...result }, startedAt)
    }
  }
}

/** Cells that are proved together have a title each. */
function titlesOf(cell) {
  return cell.titles ?? [cell.title]
}

function failed(title, error) {
  return { title, succeeded: false, output: `${error.stack}\n` }
}

function announce({ title, succeeded, output, note }, startedAt) {
  const told = note === undefined ? '' : `: ${note}`
  console.log(`${succeeded ? 'ok' : 'FAILED'}  ${title}${told}  (${secondsSince(startedAt)} s)`)
  if (!succeeded) console.log(output)
}

function secondsSince(instant) {
  return ((Date.now() - instant) / 1000).toFixed(1)
}

const count = await main()
console.log(`toolchains: ${count.passed} passed, ${count.failed} failed`)
process.exitCode = count.failed === 0 && count.passed > 0 ? 0 : 1
