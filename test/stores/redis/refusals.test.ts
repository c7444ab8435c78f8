import { createServer, type Server } from 'node:net'
import { inspect } from 'node:util'
import { openStore, SojournError } from 'sojourn'
import type { RedisRecords } from 'sojourn/redis'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Names } from '../../../src/stores/redis/names.ts'
import { describeService } from '../../support/services/commands.ts'
import { RedisServer } from '../../support/services/redis.ts'
import { recordOf } from './records.ts'

const password = 'open sesame'
const encoded = encodeURIComponent(password)
const packages = ['redis', 'ioredis'] as const

const opened: RedisRecords[] = []
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close()
})

function open(url: string): RedisRecords {
  // The schemes of Redis open this kind.
  const store = openStore(url) as RedisRecords
  opened.push(store)
  return store
}

/** What a call rejects with, in which nobody must find a password however they print it. */
async function refusalOf(call: () => Promise<unknown>): Promise<Error> {
  const error = await call().then(
    () => undefined,
    (failure: unknown) => failure,
  )
  expect(error).toBeInstanceOf(Error)
  expect(inspect(error, { depth: 20, showHidden: true, getters: true })).not.toMatch(/sesame/)
  return error as Error
}

describe('a server of version 6.2', () => {
  let server: Server
  beforeAll(async () => {
    server = createServer(socket => {
      socket.on('error', () => undefined)
      socket.on('data', bytes => socket.write(answersTo(String(bytes))))
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  })
  afterAll(() => server.close())

  /** It knows nothing but its own version. */
  function answersTo(commands: string): string {
    const info = '# Server\r\nredis_version:6.2.14\r\nredis_mode:standalone\r\nloading:0\r\n'
    const count = commands.split('*').length - 1
    const answers = Array.from({ length: count }, (_, index) =>
      /info/i.test(commands.split('*')[index + 1] ?? '') ? `$${info.length}\r\n${info}\r\n` : '+OK\r\n',
    )
    return answers.join('')
  }

  test.each(packages)('is refused at start and by every call after it, with %s', async driver => {
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const store = open(`redis://127.0.0.1:${port}?driver=${driver}`)
    for (const call of [() => store.ready(), () => store.load('key'), () => store.create(recordOf())]) {
      const error = await refusalOf(call)
      expect(error).toBeInstanceOf(SojournError)
      expect(error).toMatchObject({ code: 'STORE_UNUSABLE' })
      expect(error.message).toBe('Expected a server of Redis 7 or newer, or of Valkey, got version 6.2.14.')
    }
  })
})

describeService('a key of another kind', 'redis-server', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await RedisServer.start({ password })
  })
  afterAll(() => server.stop())

  /** With what is put there under a name that is ours, and who meets it. */
  const cases: readonly (readonly [
    title: string,
    put: (names: Names) => readonly string[],
    calls: (store: RedisRecords) => readonly (() => Promise<unknown>)[],
  ])[] = [
    [
      'in the place of a record',
      names => ['HSET', names.record('key'), 'field', password],
      store => {
        const record = recordOf({ key: 'key' })
        return [
          () => store.load('key'),
          () => store.create(record),
          () => store.replace(record, 1),
          () => store.touch('key', record),
          () => store.delete('key'),
        ]
      },
    ],
    [
      'in the place of a subject’s list',
      names => ['SET', names.sessionsOf('ada'), password],
      store => [() => store.ofSubject('ada'), () => store.create(recordOf({ subject: 'ada' }))],
    ],
    [
      'in the place of an epoch',
      names => ['RPUSH', names.epochOf('ada'), password],
      store => [
        () => store.epochOf('ada'),
        () =>
          store.exchangeEpoch({
            subject: 'ada',
            next: { epoch: 1, except: undefined, expiresAt: Date.now() + 5000 },
            expected: undefined,
          }),
      ],
    ],
  ]
  for (const driver of packages) {
    for (const [title, put, calls] of cases) {
      test(`${title} is an error that says so, and stays as it is, with ${driver}`, async () => {
        const prefix = `${driver}:${title.length}:`
        const [command = '', name = '', ...rest] = put(new Names(prefix))
        await server.send(command, name, ...rest)
        const before = await server.send('DUMP', name)
        const store = open(`redis://:${encoded}@127.0.0.1:${server.port}?driver=${driver}&prefix=${prefix}`)
        for (const call of calls(store)) {
          const error = await refusalOf(call)
          expect(error.message).toMatch(/key of another kind under the prefix of the store/)
          expect(error.cause).toMatchObject({ message: expect.stringMatching(/WRONGTYPE/) })
        }
        expect(await server.send('DUMP', name)).toBe(before)
      })
    }
  }
})

describeService('a server that takes no writes', 'redis-server', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await RedisServer.start({ parameters: ['--replicaof', '127.0.0.1', '1'] })
  })
  afterAll(() => server.stop())

  for (const driver of packages) {
    test(`is told at start, with ${driver}`, async () => {
      await server.send('CONFIG', 'SET', 'maxmemory', '0')
      const store = open(`redis://127.0.0.1:${server.port}?driver=${driver}`)
      expect((await refusalOf(() => store.ready())).message).toMatch(/a replica, which takes no writes/)
      await server.send('REPLICAOF', 'NO', 'ONE')
      await server.send('CONFIG', 'SET', 'maxmemory', '1')
      expect((await refusalOf(() => store.ready())).message).toMatch(/no memory left/)
      await server.send('CONFIG', 'SET', 'maxmemory', '0')
      await store.ready()
      expect(await server.send('DBSIZE')).toBe(0)
      await server.send('REPLICAOF', '127.0.0.1', '1')
    })
  }
})

describeService('a user without a permission', 'redis-server', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await RedisServer.start()
    const users: readonly (readonly [name: string, ...rules: string[]])[] = [
      ['nothing', '~*', '-@all'],
      ['no-scripts', '~*', '+@all', '-evalsha', '-eval'],
      ['elsewhere', '~other:*', '+@all'],
    ]
    for (const [name, ...rules] of users) {
      await server.send('ACL', 'SETUSER', name, 'reset', 'on', `>${password}`, ...rules)
    }
  })
  afterAll(() => server.stop())

  for (const driver of packages) {
    test.each([
      ['may do nothing', 'nothing'],
      ['may run no script', 'no-scripts'],
      ['has another prefix', 'elsewhere'],
    ])(`who %s is told so, with ${driver}`, async (_title, user) => {
      const store = open(`redis://${user}:${encoded}@127.0.0.1:${server.port}?driver=${driver}`)
      expect(await refusalOf(() => store.ready())).toMatchObject({ code: 'STORE_UNUSABLE' })
      for (const call of [() => store.ready(), () => store.create(recordOf({ data: password }))]) {
        const error = await refusalOf(call)
        expect(error.message).toMatch(/the user of the connection may not do this on the server/)
        expect(error.cause).toMatchObject({ message: expect.stringMatching(/NOPERM/) })
      }
    })
  }
})
