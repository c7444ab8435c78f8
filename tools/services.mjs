import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

/**
 * What the tests start, by the command that has to be there and the package of Debian and Ubuntu that has it. A unit is
 * what the package starts by itself.
 */
const services = [
  { command: 'redis-server', packageName: 'redis-server', unit: 'redis-server' },
  { command: 'redis-sentinel', packageName: 'redis-sentinel', unit: 'redis-sentinel' },
  { command: 'valkey-server', packageName: 'valkey-server', unit: 'valkey-server' },
  { command: 'postgres', packageName: 'postgresql', unit: 'postgresql' },
  { command: 'pgbouncer', packageName: 'pgbouncer', unit: 'pgbouncer' },
  { command: 'mariadbd', packageName: 'mariadb-server-core' },
  { command: 'mariadb', packageName: 'mariadb-client-core' },
  { command: 'chromium', packageName: 'chromium' },
]

/** Where Debian has the servers that only root or a wrapper is to start. The tests look there as well. */
function serverFolders() {
  const postgres = '/usr/lib/postgresql'
  const versions = existsSync(postgres) ? readdirSync(postgres) : []
  return ['/usr/sbin', ...versions.map(version => join(postgres, version, 'bin'))]
}

function hasCommand(command) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...serverFolders()]
  return folders.some(folder => existsSync(join(folder, command)))
}

function missing() {
  return services.filter(({ command }) => !hasCommand(command)).map(({ packageName }) => packageName)
}

/** Packages are for the whole machine, which only root may change. */
function asRoot(command) {
  return process.getuid?.() === 0 ? command : ['sudo', ...command]
}

/** Runs a command in front of whoever watches. Answers whether it succeeded. */
function show(command) {
  const [file, ...parameters] = asRoot(command)
  console.log(`$ ${[file, ...parameters].join(' ')}`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  return spawnSync(file, parameters, { stdio: 'inherit', env }).status === 0
}

function read(command) {
  const [file, ...parameters] = command
  return spawnSync(file, parameters, { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } }).stdout ?? ''
}

function update(options = []) {
  return show(['apt-get', ...options, '-o', 'Acquire::Retries=3', '-qq', 'update'])
}

function install(packages, options = []) {
  const quiet = ['-qq', '--yes', '--no-install-recommends', '-o', 'Acquire::Retries=3']
  return packages.length === 0 || show(['apt-get', ...options, ...quiet, 'install', ...packages])
}

/** Whether this release has the package by itself. */
function isOffered(packageName) {
  const [, candidate = '(none)'] = /Candidate: (\S+)/.exec(read(['apt-cache', 'policy', packageName])) ?? []
  return candidate !== '(none)'
}

/** What the release is called, and where this machine has its packages from. */
function release() {
  const [, codename = ''] = /^VERSION_CODENAME=(\S+)/m.exec(readFileSync('/etc/os-release', 'utf8')) ?? []
  const origins = read(['apt-get', 'indextargets', '--format', '$(CODENAME) $(REPO_URI)'])
  const [, origin] = new RegExp(`^${codename} (\\S+)$`, 'm').exec(origins) ?? []
  return { codename, origin }
}

/** Installs from the packages that were built for an older Debian later, without a change to where it looks. */
function installFromBackports(packages) {
  const { codename, origin } = release()
  if (packages.length === 0) return true
  if (origin === undefined) return false
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-services-'))
  const list = join(folder, 'sources.list')
  writeFileSync(
    list,
    [codename, `${codename}-backports`].map(suite => `deb ${origin} ${suite} main\n`).join(''),
  )
  // The packages are fetched by a user of apt's own.
  chmodSync(folder, 0o755)
  mkdirSync(join(folder, 'lists', 'partial'), { recursive: true })
  const places = [
    `Etc::sourcelist=${list}`,
    'Etc::sourceparts=/dev/null',
    `State::lists=${join(folder, 'lists')}`,
    'Cache::pkgcache=',
  ]
  const options = places.flatMap(place => ['-o', `Dir::${place}`])
  try {
    return update(options) && install(packages, [...options, '-t', `${codename}-backports`])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Keeps the package of PostgreSQL from making a database of its own, which a machine that only runs tests need not have. */
function withoutCluster(installs) {
  const folder = '/etc/postgresql-common/createcluster.d'
  const file = join(folder, 'sojourn-services.conf')
  show(['mkdir', '-p', folder])
  show(['sh', '-c', `echo 'create_main_cluster = false' > ${file}`])
  try {
    installs()
  } finally {
    show(['rm', file])
  }
}

/** Ends what the packages have started: the tests start servers of their own. */
function stopUnits(packages) {
  const installed = services.filter(
    ({ command, packageName }) => packages.includes(packageName) && hasCommand(command),
  )
  const units = installed.flatMap(({ unit }) => unit ?? [])
  if (units.length > 0 && existsSync('/run/systemd/system')) show(['systemctl', 'disable', '--now', ...units])
}

function installAll(packages) {
  console.log(
    `Installing ${packages.join(', ')} for the tests. Each is used with a folder and a port of its own.`,
  )
  update()
  const offered = packages.filter(isOffered)
  if (offered.includes('postgresql')) withoutCluster(() => install(offered))
  else install(offered)
  installFromBackports(packages.filter(name => !offered.includes(name)))
  stopUnits(packages)
}

function advise(packages) {
  console.log(
    `The tests that need ${packages.join(', ')} are skipped: install what has these names on this system,`,
  )
  console.log('or run the tests in a container that has all of it: docker compose run --rm tests')
}

const packages = missing()
if (packages.length === 0) console.log('All services for the tests are there.')
else if (hasCommand('apt-get')) installAll(packages)
else advise(packages)

const left = missing()
if (packages.length > 0 && hasCommand('apt-get') && left.length > 0) {
  console.log(`Not installed: ${left.join(', ')}.`)
  process.exitCode = 1
}
