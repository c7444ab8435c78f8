import { SojournError } from '../../core/report/errors.ts'
import type { StoreUrl } from '../store-url.ts'

/** Where the servers are, and the user to connect as. */
export interface RedisAddress {
  readonly kind: 'server' | 'sentinel' | 'cluster'
  readonly isEncrypted: boolean
  /** The server, the sentinels, or some servers of the cluster, from which the client finds the others. */
  readonly hosts: readonly Host[]
  /** The name that the sentinels have for the primary. */
  readonly primary: string
  readonly database: number
  readonly user: Login
  /** The user to connect to the sentinels as. */
  readonly sentinelUser: Login
}

export interface Host {
  readonly host: string
  readonly port: number
}

/** Undefined where the URL gives none; the drivers then send none. */
export interface Login {
  readonly username: string | undefined
  readonly password: string | undefined
}

const kinds: ReadonlyMap<string, RedisAddress['kind']> = new Map([
  ['', 'server'],
  ['+sentinel', 'sentinel'],
  ['+cluster', 'cluster'],
])
const placeShape = /^\/\/(?:(?<login>.*)@)?(?<hosts>[^@/]+)(?<path>(?:\/[^/]*)*)$/s
const hostShape = /^(\[[\da-f:.]+\]|[^:[\]\s]+)(?::(\d{1,5}))?$/i
const usualPort = { server: 6379, cluster: 6379, sentinel: 26_379 }

/** An example of each kind of address, for error messages. */
const examples = {
  server: 'redis://user:password@host:6379/0',
  sentinel: 'redis+sentinel://user:password@host1,host2,host3/primary/0',
  cluster: 'redis+cluster://user:password@host1,host2,host3',
}

/**
 * Parses the address in a store URL. Errors quote nothing of it.
 *
 * @throws SojournError `OPTION_INVALID`
 */
export function parseAddress({ scheme, place, parameters }: StoreUrl): RedisAddress {
  const kind = kinds.get(scheme.replace(/^rediss?/, '')) ?? 'server'
  const { login = '', hosts = '', path = '' } = placeShape.exec(place)?.groups ?? {}
  const words = path.split('/').slice(1)
  const primary = kind === 'sentinel' ? (words.shift() ?? '') : ''
  const [database = '', ...more] = words
  const isComplete = hosts !== '' && (kind !== 'sentinel' || primary !== '')
  if (!isComplete || more.length > 0 || !/^\d{0,9}$/.test(database)) throw invalid(kind, 'another form')
  if (kind === 'cluster' && Number(database) > 0)
    throw invalid(kind, 'a database, but a cluster has only one')
  return {
    kind,
    isEncrypted: scheme.startsWith('rediss'),
    hosts: hostsOf(kind, hosts),
    primary: decoded(kind, primary),
    database: Number(database),
    user: loginOf(kind, login),
    sentinelUser: { username: parameters.get('sentinelUser'), password: parameters.get('sentinelPassword') },
  }
}

function hostsOf(kind: RedisAddress['kind'], text: string): readonly Host[] {
  const hosts = text.split(',').map(host => {
    const [, name, port = String(usualPort[kind])] = hostShape.exec(host) ?? []
    if (name === undefined || Number(port) > 65_535) throw invalid(kind, 'a host of another form')
    return { host: name.replaceAll(/[[\]]/g, ''), port: Number(port) }
  })
  if (kind === 'server' && hosts.length > 1)
    throw invalid(kind, 'several hosts. For those there are `redis+sentinel:` and `redis+cluster:`')
  return hosts
}

/** As in every URL, a login without a colon is a user; the password follows a colon. */
function loginOf(kind: RedisAddress['kind'], text: string): Login {
  const [username = '', ...rest] = text.split(':')
  const password = rest.join(':')
  return {
    username: username === '' ? undefined : decoded(kind, username),
    password: password === '' ? undefined : decoded(kind, password),
  }
}

function decoded(kind: RedisAddress['kind'], text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw invalid(kind, 'a per cent sign without two digits behind it. Write it as %25')
  }
}

function invalid(kind: RedisAddress['kind'], got: string): SojournError {
  return new SojournError('OPTION_INVALID', `Expected a store URL such as '${examples[kind]}', got ${got}.`)
}
