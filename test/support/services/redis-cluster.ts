import { eventually } from './eventually.ts'
import { RedisServer } from './redis.ts'
import { freePort } from './server-process.ts'

/** How the slots are shared out among the primaries. */
const shares = [
  ['0', '5460'],
  ['5461', '10922'],
  ['10923', '16383'],
] as const

interface Member {
  readonly server: RedisServer
  /** Where it talks to the other servers. */
  readonly busPort: number
}

/** Three primaries with a third of the keys each, and a replica of each. */
export class RedisCluster {
  readonly servers: readonly RedisServer[]

  private constructor(servers: readonly RedisServer[]) {
    this.servers = servers
  }

  static async start(parameters: readonly string[] = []): Promise<RedisCluster> {
    const members = await Promise.all([1, 2, 3, 4, 5, 6].map(() => startMember(parameters)))
    const cluster = new RedisCluster(members.map(({ server }) => server))
    await introduce(members)
    await cluster.#shareOut()
    await cluster.isWhole()
    return cluster
  }

  get ports(): readonly number[] {
    return this.servers.map(({ port }) => port)
  }

  /** Waits until each of these servers says that all keys have a primary. */
  async isWhole(servers: readonly RedisServer[] = this.servers): Promise<void> {
    for (const server of servers) {
      await eventually('a whole cluster', async () => {
        const facts = String(await server.send('CLUSTER', 'INFO'))
        return facts.includes('cluster_state:ok') && facts.includes('cluster_slots_ok:16384')
      })
    }
  }

  /** The primary that has a key. */
  async primaryOf(key: string): Promise<RedisServer> {
    // Any server knows, and some may have been killed.
    const slot = Number(await Promise.any(this.servers.map(server => server.send('CLUSTER', 'KEYSLOT', key))))
    for (const server of this.servers) {
      const nodes = String(await server.send('CLUSTER', 'NODES').catch(() => ''))
      const [own = ''] = nodes.split('\n').filter(line => line.includes('myself'))
      if (rangesIn(own).some(([from, to]) => slot >= from && slot <= to)) return server
    }
    throw new Error(`Expected a primary for the slot ${slot}.`)
  }

  /** Waits until another server has the key of one that was killed, and the others have heard of it. */
  async succeeded(former: RedisServer, key: string): Promise<RedisServer> {
    await eventually('another primary', async () => (await this.primaryOf(key)) !== former)
    await this.isWhole(this.servers.filter(server => server !== former))
    return this.primaryOf(key)
  }

  /** Gives the slot of a key to another primary, which has what is written meanwhile. There must be nothing in it yet. */
  async moveSlotOf(key: string, meanwhile: () => Promise<unknown> = async () => undefined): Promise<void> {
    const former = await this.primaryOf(key)
    const primaries = this.servers.slice(0, shares.length)
    const other = primaries.find(server => server !== former) ?? former
    const slot = String(await former.send('CLUSTER', 'KEYSLOT', key))
    const [from, to] = [await former.send('CLUSTER', 'MYID'), await other.send('CLUSTER', 'MYID')]
    await other.send('CLUSTER', 'SETSLOT', slot, 'IMPORTING', String(from))
    await former.send('CLUSTER', 'SETSLOT', slot, 'MIGRATING', String(to))
    await meanwhile()
    for (const server of [other, ...primaries]) {
      await server.send('CLUSTER', 'SETSLOT', slot, 'NODE', String(to))
    }
  }

  async killAll(): Promise<void> {
    for (const server of this.servers) await server.kill()
  }

  /** Starts all of them on the same ports, with what they have learnt. */
  async startAll(): Promise<void> {
    for (const server of this.servers) await server.start()
    await this.isWhole()
  }

  async stop(): Promise<void> {
    for (const server of this.servers) await server.stop()
  }

  async #shareOut(): Promise<void> {
    for (const [index, [from, to]] of shares.entries()) {
      await this.servers[index]?.send('CLUSTER', 'ADDSLOTSRANGE', from, to)
      const primary = String(await this.servers[index]?.send('CLUSTER', 'MYID'))
      const replica = this.servers[index + shares.length]
      await eventually(
        'a replica',
        async () => (await replica?.send('CLUSTER', 'REPLICATE', primary)) === 'OK',
      )
    }
    for (const replica of this.servers.slice(shares.length)) {
      await eventually('a replica that follows', async () =>
        /master_link_status:up/.test(String(await replica.send('INFO', 'replication'))),
      )
    }
  }
}

async function startMember(parameters: readonly string[]): Promise<Member> {
  const busPort = await freePort()
  const own = [
    '--cluster-enabled',
    'yes',
    '--cluster-node-timeout',
    '1500',
    '--cluster-port',
    String(busPort),
  ]
  const server = await RedisServer.start({
    parameters: [...own, ...parameters],
  })
  return { server, busPort }
}

async function introduce(members: readonly Member[]): Promise<void> {
  const [first, ...others] = members
  for (const [index, { server }] of members.entries()) {
    await server.send('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1))
  }
  for (const { server, busPort } of others) {
    await first?.server.send('CLUSTER', 'MEET', '127.0.0.1', String(server.port), String(busPort))
  }
  for (const { server } of members) {
    await eventually('six servers that know each other', async () =>
      String(await server.send('CLUSTER', 'INFO')).includes('cluster_known_nodes:6'),
    )
  }
}

/** The slots that stand at the end of a line about a server. */
function rangesIn(line: string): readonly (readonly [from: number, to: number])[] {
  return line
    .split(' ')
    .slice(8)
    .map(range => range.split('-').map(Number))
    .map(([from = -1, to = from]) => [from, to] as const)
}
