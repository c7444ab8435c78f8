import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient, createCluster } from 'redis'
import { lmdbStore } from '../../../src/stores/lmdb.ts'
import { memoryStore } from '../../../src/stores/memory.ts'
import { type RedisStoreOptions, redisStore } from '../../../src/stores/redis.ts'
import { fakeClock, type StoreBench } from '../../../src/testing/index.ts'
import { RedisServer } from '../services/redis.ts'
import { RedisCluster } from '../services/redis-cluster.ts'
import { later } from './later.ts'
import type { PlaceName } from './place-names.ts'

/** A place for stories: it opens an empty store for each, and is closed after the last. */
export interface Place {
  open(): StoreBench
  close(): unknown
}

export const places: { readonly [name in PlaceName]: () => Place | Promise<Place> } = {
  memory: () => ({ open: openMemory, close: () => undefined }),
  'memory-later': () => ({ open: () => later(openMemory()), close: () => undefined }),
  lmdb: placeOfLmdb,
  redis: placeOfRedis,
  'redis-cluster': placeOfCluster,
}

function openMemory(): StoreBench {
  const clock = fakeClock()
  return {
    store: memoryStore({ clock }),
    now: () => clock.now(),
    advance: spanMs => clock.advance(spanMs),
  }
}

function placeOfLmdb(): Place {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-model-'))
  return { open: () => openLmdb(folder), close: () => rmSync(folder, { recursive: true, force: true }) }
}

function openLmdb(folder: string): StoreBench {
  const clock = fakeClock()
  const path = join(folder, randomUUID())
  const store = lmdbStore({ path, clock })
  return {
    store,
    now: () => clock.now(),
    advance: spanMs => clock.jump(spanMs),
    async close() {
      await store.close()
      rmSync(path, { recursive: true, force: true })
    },
  }
}

async function placeOfRedis(): Promise<Place> {
  const server = await RedisServer.start()
  const client = await createClient({ url: server.url }).connect()
  return {
    open: () => openRedis(client),
    async close() {
      client.destroy()
      await server.stop()
    },
  }
}

async function placeOfCluster(): Promise<Place> {
  const cluster = await RedisCluster.start()
  const rootNodes = cluster.ports.map(port => ({ socket: { host: '127.0.0.1', port } }))
  const client = await createCluster({ rootNodes }).connect()
  return {
    open: () => openRedis(client),
    async close() {
      client.destroy()
      await cluster.stop()
    },
  }
}

/** An empty store. What others have left on the server is under other prefixes. */
function openRedis(client: RedisStoreOptions['client']): StoreBench {
  const clock = fakeClock()
  const store = redisStore({ client, clock, prefix: `${randomUUID()}:` })
  return {
    store,
    now: () => clock.now(),
    advance: spanMs => clock.jump(spanMs),
    close: () => store.close(),
  }
}
