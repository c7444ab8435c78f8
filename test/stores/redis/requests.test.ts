import { session } from 'sojourn'
import { redisStore } from 'sojourn/redis'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { plain, serve } from '../../support/servers.ts'
import { describeService } from '../../support/services/commands.ts'
import { RedisServer } from '../../support/services/redis.ts'
import { TcpProxy } from '../../support/tcp-proxy.ts'
import { drivers, pools, type TestClient } from './clients.ts'

const secret = 'a secret that is long enough for this test'
const deadlineMs = 300

/** How often each request of a visitor is tried at most. */
const mostTries = 20

describeService('requests whose sessions are in Redis', 'redis-server', () => {
  for (const [driver, connect] of [...drivers, ...pools]) {
    describe(`with a client of ${driver}`, () => {
      let server: RedisServer
      let proxy: TcpProxy
      let connected: TestClient
      let url: string

      beforeEach(async () => {
        server = await RedisServer.start({ parameters: ['--appendonly', 'yes', '--appendfsync', 'always'] })
        proxy = await TcpProxy.start(server.port)
        connected = await connect(proxy.port)
        const middleware = session({
          secret,
          store: redisStore({ client: connected.client }),
          deadline: deadlineMs,
        })
        const port = await serve(
          plain(middleware, async (request, response) => {
            await request.session.update(draft => {
              draft['count'] = Number(draft['count'] ?? 0) + 1
            })
            response.end(String(request.session['count']))
          }),
        )
        url = `http://127.0.0.1:${port}/`
      })
      afterEach(async () => {
        await connected.end()
        await proxy.stop()
        await server.stop()
      })

      async function visit(cookie = ''): Promise<{ status: number; cookie: string; count: number }> {
        const answer = await fetch(url, { headers: { cookie } })
        const [set = cookie] = answer.headers.getSetCookie()
        return { status: answer.status, cookie: set.split(';', 1).join(), count: Number(await answer.text()) }
      }

      async function statusAfterAll(cookie: string): Promise<number> {
        for (let attempt = 0; attempt < mostTries; attempt += 1) {
          const { status } = await visit(cookie)
          if (status === 200) return status
          await new Promise(resolve => setTimeout(resolve, 100))
        }
        return 503
      }

      test('a server that stands still fails a request at the deadline, and goes on with the next one', async () => {
        const { cookie } = await visit()
        server.pause()
        // The server goes on only after the answer.
        expect((await visit(cookie)).status).toBe(503)
        server.resume()
        expect(await statusAfterAll(cookie)).toBe(200)
      })

      test('a server that was killed fails requests until it is back, and nobody is signed out', async () => {
        const { cookie } = await visit()
        await server.kill()
        expect((await visit(cookie)).status).toBe(503)
        await server.start()
        expect(await statusAfterAll(cookie)).toBe(200)
        expect((await visit(cookie)).count).toBeGreaterThanOrEqual(3)
      })

      test('a counter counts every answered request once while connections are reset after writes', async () => {
        const { cookie } = await visit()
        let [answered, failed] = [1, 0]
        for (let turn = 0; turn < 5; turn += 1) {
          const losing = proxy.loseAnswerTo('EVALSHA').then(() => proxy.open())
          const visits = await Promise.all(Array.from({ length: 6 }, () => visit(cookie)))
          await losing
          answered += visits.filter(({ status }) => status === 200).length
          failed += visits.filter(({ status }) => status !== 200).length
          expect(await statusAfterAll(cookie)).toBe(200)
          answered += 1
        }
        const { count } = await visit(cookie)
        // What failed may have been written before its answer was lost.
        expect(count - 1).toBeGreaterThanOrEqual(answered)
        expect(count - 1).toBeLessThanOrEqual(answered + failed)
        if (connected.sendsAgain && failed === 0) expect(count - 1).toBe(answered)
      })
    })
  }
})
