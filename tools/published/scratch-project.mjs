import { execFile } from 'node:child_process'
import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const template = join(import.meta.dirname, 'project')
const installation = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts']

/** Makes the app as it stands today, on express-session, and installs it. */
export async function installOriginal(folder) {
  await cp(template, folder, { recursive: true })
  await install(folder)
}

/**
 * Moves an installed app to a tarball as its owner would: the same folder, its lockfile and `node_modules`
 * included, and two lines of `package.json`. The line under `dependencies` must change with the override,
 * because npm refuses an override that contradicts a direct dependency (EOVERRIDE). A second copy of the
 * package is installed beside it, for the scenario of two copies in one process.
 */
export async function installMoved(original, folder, tarball) {
  await cp(original, folder, { recursive: true, verbatimSymlinks: true })
  if (tarball) await edit(join(folder, 'package.json'), manifest => overridden(manifest, `file:${tarball}`))
  if (tarball) await install(folder)
}

function overridden(manifest, specifier) {
  return {
    ...manifest,
    dependencies: {
      ...manifest.dependencies,
      'express-session': specifier,
      'second-session': specifier,
    },
    overrides: { 'express-session': '$express-session' },
  }
}

async function edit(path, change) {
  const manifest = JSON.parse(await readFile(path, 'utf8'))
  await writeFile(path, `${JSON.stringify(change(manifest), undefined, 2)}\n`)
}

/** @throws when npm fails, saying first whether the registry was out of reach. */
async function install(folder) {
  try {
    await run('npm', installation, { cwd: folder, timeout: 90_000, env: npmEnvironment() })
  } catch (error) {
    const output = `${error.stderr ?? ''}${error.killed ? 'npm took longer than 90 seconds.' : ''}`
    throw new Error(`${describe(output)}\n${output}`, { cause: error })
  }
}

function describe(output) {
  const unreachable =
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ERR_SOCKET|FETCH_ERROR|longer than/
  return unreachable.test(output)
    ? 'The npm registry cannot be reached. The proof with the published packages needs it.'
    : 'npm could not install the published packages.'
}

/** Without what the npm that may have started this process says about its own project. */
function npmEnvironment() {
  const outer = /^npm_(package|lifecycle|config_(prefix|local_prefix|workspace))/
  const kept = Object.entries(process.env).filter(([name]) => !outer.test(name))
  return {
    ...Object.fromEntries(kept),
    npm_config_fetch_retries: '1',
    npm_config_fetch_retry_mintimeout: '1000',
  }
}
