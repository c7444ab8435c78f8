import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { root, run, runAll } from './command.mjs'
import { add, formatCount, nothing, parseCount, readReport } from './count.mjs'
import { newerNode } from './newer-node.mjs'
import { packAndCheck } from './pack.mjs'
import { smokeTest } from './smoke.mjs'

const report = join(root, '.scratch', 'vitest.json')

const hasSqlite = process.getBuiltinModule('node:sqlite') !== undefined

/** In the order of how soon each can fail. A stage answers its output, whether it succeeded, and its counts if it has any. */
const stages = [
  { name: 'format and lint', work: () => run(['biome', 'ci', '.', '--colors=off']) },
  {
    name: 'types',
    work: () =>
      runAll([
        ['tsc', '-p', 'tsconfig.json'],
        ['tsc', '-p', 'tsconfig.scripts.json'],
      ]),
  },
  { name: 'build', work: () => run(['node', 'tools/build.mjs']) },
  { name: 'tests', work: runTests },
  ...(hasSqlite ? [] : [{ name: 'tests on Node.js 24', work: runOnNewerNode }]),
  { name: 'package', work: packAndCheck },
  { name: 'package in use', work: ({ tarball }) => smokeTest(tarball) },
  { name: 'published stores', work: ({ tarball }) => runTool('published', tarball) },
]

function runTests() {
  return runVitest(['vitest', 'run'])
}

/** The tests of what only a newer Node.js has. */
async function runOnNewerNode() {
  const node = await newerNode()
  return runVitest([node, join('node_modules', 'vitest', 'vitest.mjs'), 'run', 'test/stores/sqlite'])
}

async function runVitest(command) {
  await mkdir(join(root, '.scratch'), { recursive: true })
  await rm(report, { force: true })
  const result = await run([
    ...command,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ])
  if (!existsSync(report)) return { ...result, succeeded: false }
  const { count, skippedTitles } = await readReport(report)
  for (const title of skippedTitles) console.log(`  skipped: ${title}`)
  return { ...result, succeeded: result.succeeded && count.failed === 0, counts: count }
}

/** A tool with a count of its own, which says what it does while it does it. */
async function runTool(name, tarball) {
  const result = await run(['node', join('tools', name, 'run.mjs'), tarball], { echo: true })
  const counts = parseCount(result.output)
  return { succeeded: result.succeeded && counts !== undefined, output: '', counts }
}

/** A stage that fails without a count of its own is one failure, so that the last line never says less than the exit code. */
function countOf({ succeeded, counts = nothing }) {
  return succeeded || counts.failed > 0 ? counts : { ...counts, failed: 1 }
}

function announce(name, result, startedAt) {
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1)
  const count = result.counts === undefined ? '' : `: ${formatCount(result.counts)}`
  const note = result.note === undefined ? '' : `: ${result.note}`
  if (!result.succeeded) process.stdout.write(result.output)
  console.log(`${result.succeeded ? 'ok' : 'FAILED'}  ${name}${count}${note}  (${seconds} s)`)
}

async function runStages() {
  let total = nothing
  let tarball
  for (const { name, work } of stages) {
    const startedAt = Date.now()
    const result = await work({ tarball })
    announce(name, result, startedAt)
    total = add(total, countOf(result))
    tarball = result.tarball ?? tarball
    if (!result.succeeded) break
  }
  return total
}

const total = await runStages()
console.log(formatCount(total))
process.exitCode = total.failed === 0 ? 0 : 1
