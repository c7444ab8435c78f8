/**
 * Proves Sojourn with the published packages that people use beside express-session: stores, and whatever else
 * reaches a request and its response.
 *
 *   node tools/published/run.mjs sojourn-0.1.0.tgz           the packed package
 *   node tools/published/run.mjs --subject express-session   express-session against itself: proves the proof
 *   … --keep                                                 leaves the scratch projects behind, and says where
 *
 * It installs one app twice from the registry, in a temporary folder: as it is today, on express-session,
 * and moved to the package by npm's `overrides`. Each scenario runs the app's processes over HTTP on
 * 127.0.0.1 in both, and compares what is answered, what the stores have written and what the databases
 * were asked. The scenarios of the neighbours (`sockets` to `kits`) run one file of `project/neighbours` in a
 * process of its own in each project (`observed.mjs`): what is seen must be the same in both, except where a case
 * is marked as ours alone, no error and no warning may be left behind, and the process must end by itself.
 * Needs the npm registry, and fails without it.
 *
 * `MONGODB_URL` names the MongoDB server for connect-mongo (each run makes databases of its own there and
 * drops them). Without it those scenarios are skipped, which is a failure where `CI` is `true` and a server
 * could have been started with `../shared/mongo/start`. connect-redis and connect-pg-simple run on clients
 * that record their commands; no Redis and no PostgreSQL is needed. Bun comes from the registry, for Linux on
 * x64; elsewhere its scenario is skipped, and says so.
 *
 * The last line is `published: N passed, N failed, N skipped`.
 */
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { finished } from 'node:stream/promises'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { parseArgs } from 'node:util'
import { installMoved, installOriginal } from './scratch-project.mjs'

const scenarios = [
  'override',
  'typescript',
  'stores',
  'moving',
  'passport',
  'sockets',
  'lambda',
  'mocks',
  'heads',
  'bun',
  'watching',
  'odd-messages',
  'kits',
]
const startableServer = resolve(import.meta.dirname, '../../../shared/mongo/start')

async function main() {
  const { subjectName, tarball, keep } = readArguments()
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'published-')))
  try {
    return await prove(folder, subjectName, tarball)
  } finally {
    if (keep) console.log(`The scratch projects are in ${folder}.`)
    else await rm(folder, { recursive: true, force: true })
  }
}

/** @throws with the usage when neither a tarball that exists nor `--subject express-session` is given. */
function readArguments() {
  const { values, positionals } = parseArgs({
    options: { subject: { type: 'string' }, keep: { type: 'boolean', default: false } },
    allowPositionals: true,
  })
  const tarball = positionals[0] && resolve(positionals[0])
  if (tarball && existsSync(tarball)) return { subjectName: 'sojourn', tarball, keep: values.keep }
  if (!tarball && values.subject === 'express-session')
    return { subjectName: values.subject, keep: values.keep }
  throw new Error(`Expected the path of a packed tarball, or --subject express-session, got ${tarball}.`)
}

async function prove(folder, subjectName, tarball) {
  const projects = { original: join(folder, 'original'), subject: join(folder, 'subject') }
  const mongo = findMongo()
  await install(projects, tarball)
  const dataFolder = join(folder, 'data')
  await mkdir(dataFolder)
  process.env.PUBLISHED = JSON.stringify({ ...projects, subjectName, dataFolder, ...mongo })
  return runScenarios()
}

async function install({ original, subject }, tarball) {
  const startedAt = Date.now()
  await installOriginal(original)
  await installMoved(original, subject, tarball)
  console.log(`Both projects are installed (${((Date.now() - startedAt) / 1000).toFixed(1)} s).`)
}

/**
 * The server's URL, or why there is none.
 *
 * @throws when there is none although the continuous integration could have started one.
 */
function findMongo() {
  const mongoUrl = process.env.MONGODB_URL
  if (mongoUrl) return { mongoUrl }
  const mongoAbsence = 'MONGODB_URL is not set: nothing is proved about connect-mongo'
  if (process.env.CI === 'true' && existsSync(startableServer)) throw new Error(mongoAbsence)
  console.log(`\n*** ${mongoAbsence}. ***\n`)
  return { mongoAbsence }
}

async function runScenarios() {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  const files = scenarios.map(name => join(import.meta.dirname, 'scenarios', `${name}.mjs`))
  const stream = run({ files, concurrency: 2, timeout: 300_000 })
  stream.on('test:pass', event => {
    if (event.skip !== undefined) counts.skipped += 1
    else if (event.details.type !== 'suite') counts.passed += 1
  })
  stream.on('test:fail', event => {
    if (!failedWithinOnly(event)) counts.failed += 1
  })
  const shown = stream.pipe(new spec())
  shown.pipe(process.stdout, { end: false })
  await finished(shown)
  return counts
}

/** A suite, or a file, that failed only because one of its tests did, which has been counted. */
function failedWithinOnly({ details }) {
  return 'failureType' in details.error && details.error.failureType === 'subtestsFailed'
}

function report({ passed, failed, skipped }) {
  console.log(`published: ${passed} passed, ${failed} failed, ${skipped} skipped`)
  if (failed > 0 || passed === 0) process.exitCode = 1
}

report(
  await main().catch(error => {
    console.error(error.message)
    return { passed: 0, failed: 1, skipped: 0 }
  }),
)
