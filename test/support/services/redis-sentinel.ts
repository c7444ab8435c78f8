import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from './eventually.ts'
import { RedisServer } from './redis.ts'
import { type RedisAnswer, redisCommand } from './redis-command.ts'
import { freePort, removeFolder, ServerProcess, serverFolder } from './server-process.ts'

/** What the sentinels call the primary. */
export const primaryName = 'shop'

interface Sentinel {
  readonly port: number
  readonly folder: string
  process: ServerProcess
}

/** A primary with two replicas, and three sentinels that put one of them in its place when it is gone. */
export class RedisSentinels {
  readonly servers: readonly RedisServer[]
  readonly #sentinels: readonly Sentinel[]

  private constructor(servers: readonly RedisServer[], sentinels: readonly Sentinel[]) {
    this.servers = servers
    this.#sentinels = sentinels
  }

  static async start(parameters: readonly string[] = []): Promise<RedisSentinels> {
    const primary = await RedisServer.start({ parameters })
    const following = [...parameters, '--replicaof', '127.0.0.1', String(primary.port)]
    const replicas = await Promise.all([1, 2].map(() => RedisServer.start({ parameters: following })))
    await primary.replicated(2)
    const sentinels = await Promise.all([1, 2, 3].map(() => startSentinel(primary.port)))
    const group = new RedisSentinels([primary, ...replicas], sentinels)
    await group.#isComplete()
    return group
  }

  get ports(): readonly number[] {
    return this.#sentinels.map(({ port }) => port)
  }

  /** The server that is the primary now, as the first of the sentinels has it. */
  async primary(): Promise<RedisServer> {
    const answer = await this.#ask('SENTINEL', 'get-master-addr-by-name', primaryName)
    const port = Array.isArray(answer) ? Number(answer[1]) : 0
    const found = this.servers.find(server => server.port === port)
    if (found === undefined) throw new Error('Expected a primary.')
    return found
  }

  /** Waits until the sentinels have put another server in the place of this one. */
  async succeeded(former: RedisServer): Promise<RedisServer> {
    await eventually('another primary', async () => {
      const primary = await this.primary()
      return primary !== former && /role:master/.test(String(await primary.send('INFO', 'replication')))
    })
    return this.primary()
  }

  /** Starts the server that was the primary as a replica, without waiting for the sentinels to tell it. */
  async rejoin(former: RedisServer): Promise<void> {
    const primary = await this.primary()
    await former.start()
    await former.send('REPLICAOF', '127.0.0.1', String(primary.port))
    await primary.replicated(2)
  }

  async killAll(): Promise<void> {
    for (const { process } of this.#sentinels) await process.kill()
    for (const server of this.servers) await server.kill()
  }

  /** Starts all of them on the same ports, with what they have learnt. */
  async startAll(): Promise<void> {
    for (const server of this.servers) await server.start()
    for (const sentinel of this.#sentinels) sentinel.process = running(sentinel.folder)
    await this.#isComplete()
  }

  async stop(): Promise<void> {
    for (const { process, folder } of this.#sentinels) {
      await process.kill()
      removeFolder(folder)
    }
    for (const server of this.servers) await server.stop()
  }

  async #isComplete(): Promise<void> {
    for (const { port } of this.#sentinels) {
      await eventually('three sentinels that know all servers', async () => {
        const facts = await redisCommand({ port }, ['INFO', 'sentinel'])
        return /status=ok,address=[^,]*,slaves=2,sentinels=3/.test(String(facts))
      })
    }
  }

  #ask(...command: readonly string[]): Promise<RedisAnswer> {
    return redisCommand({ port: this.ports[0] ?? 0 }, command)
  }
}

async function startSentinel(primaryPort: number): Promise<Sentinel> {
  const [port, folder] = [await freePort(), serverFolder('sentinel')]
  const file = join(folder, 'sentinel.conf')
  const lines = [
    ...[`port ${port}`, 'bind 127.0.0.1', `dir ${folder}`, 'loglevel warning'],
    `sentinel monitor ${primaryName} 127.0.0.1 ${primaryPort} 2`,
    `sentinel down-after-milliseconds ${primaryName} 700`,
    `sentinel failover-timeout ${primaryName} 3000`,
  ]
  writeFileSync(file, `${lines.join('\n')}\n`)
  // The server writes what it learns into the same file.
  chmodSync(file, 0o666)
  return { port, folder, process: running(folder) }
}

function running(folder: string): ServerProcess {
  return new ServerProcess('redis-server', [join(folder, 'sentinel.conf'), '--sentinel'])
}
