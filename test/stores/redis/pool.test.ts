import { createClientPool } from 'redis'
import { createClientPool as createClientPool5 } from 'redis5'
import { session } from 'sojourn'
import { type RedisClient, redisStore } from 'sojourn/redis'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Errors, plain, serve } from '../../support/servers.ts'
import { describeService } from '../../support/services/commands.ts'
import { RedisServer } from '../../support/services/redis.ts'

const deadlineMs = 300
const size = 2

/** What is used of a pool here, in both versions. */
interface Pool extends RedisClient {
  connect(): Promise<unknown>
  destroy(): void
  on(event: 'error', listener: () => void): unknown
  sendCommand(words: string[]): Promise<unknown>
}

const makes: readonly (readonly [name: string, make: (client: object, pool: object) => Pool])[] = [
  ['node-redis 6', createClientPool],
  ['node-redis 5', createClientPool5],
]

describeService('requests whose sessions come through a pool of connections', 'redis-server', () => {
  describe.each(makes)('of %s', (_name, make) => {
    let server: RedisServer
    let pool: Pool
    let ask: (cookie?: string) => Promise<{ status: number; cookie: string; count: number }>
    let codes: () => unknown[]

    beforeEach(async () => {
      server = await RedisServer.start()
      const settings = { socket: { port: server.port, host: '127.0.0.1' }, disableOfflineQueue: true }
      pool = make(settings, { minimum: size, maximum: size })
      pool.on('error', () => undefined)
      await pool.connect()
    })
    afterEach(async () => {
      pool.destroy()
      await server.stop()
    })

    async function open(): Promise<void> {
      const errors: Errors = []
      const middleware = session({
        secret: 'a secret that is long enough for this test',
        store: redisStore({ client: pool }),
        deadline: deadlineMs,
      })
      const port = await serve(
        plain(
          middleware,
          ({ session: visited }, response) => {
            visited['count'] = Number(visited['count'] ?? 0) + 1
            response.end(String(visited['count']))
          },
          errors,
        ),
      )
      codes = () => errors.map(error => Reflect.get(Object(error), 'code'))
      ask = async (cookie = '') => {
        const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { cookie } })
        const [set = cookie] = answer.headers.getSetCookie()
        return { status: answer.status, cookie: set.split(';', 1).join(), count: Number(await answer.text()) }
      }
    }

    /** More of them than there are connections, so that some of them wait for one. */
    async function expectLate(cookie: string): Promise<void> {
      const visits = await Promise.all(Array.from({ length: 3 * size }, () => ask(cookie)))
      expect(visits.map(({ status }) => status)).toEqual(visits.map(() => 503))
      expect(new Set(codes())).toEqual(new Set(['STORE_TIMED_OUT']))
    }

    test('end at the deadline while every connection is busy, and go on when one is free', async () => {
      await open()
      const { cookie } = await ask()
      const busy = Array.from({ length: size }, () => pool.sendCommand(['BLPOP', 'nothing', '0']))
      await expectLate(cookie)
      await server.send('RPUSH', 'nothing', ...busy.map(String))
      await Promise.all(busy)
      expect(await ask(cookie)).toEqual({ status: 200, cookie, count: 2 })
    })

    test('end at the deadline while the server stands still, and go on when it does', async () => {
      await open()
      const { cookie } = await ask()
      server.pause()
      await expectLate(cookie)
      server.resume()
      expect(await ask(cookie)).toEqual({ status: 200, cookie, count: 2 })
    })
  })
})
