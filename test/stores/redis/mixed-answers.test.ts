import { createClient } from 'redis5'
import { type RedisRecords, redisStore } from 'sojourn/redis'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { describeService } from '../../support/services/commands.ts'
import { RedisServer } from '../../support/services/redis.ts'
import { TcpProxy } from '../../support/tcp-proxy.ts'
import { nextOf, recordOf } from './records.ts'

const refusal = /answer with the record of the key that was asked for, got that of another key/

describeService('what lies under a key, and what a driver takes for its answer', 'redis-server', () => {
  let server: RedisServer
  let proxy: TcpProxy
  let client: ReturnType<typeof createClient>
  let store: RedisRecords

  beforeEach(async () => {
    server = await RedisServer.start()
    proxy = await TcpProxy.start(server.port)
    // Without a greeting nothing stands between the connection and the first command.
    client = createClient({ socket: { port: proxy.port, host: '127.0.0.1' }, disableClientInfo: true })
    client.on('error', () => undefined)
    await client.connect()
    store = redisStore({ client })
  })
  afterEach(async () => {
    client.destroy()
    await proxy.stop()
    await server.stop()
  })

  test('a record that was copied to the key of another session opens nothing', async () => {
    const [ada, bob] = [recordOf({ data: 'of Ada' }), recordOf({ data: 'of Bob' })]
    await store.create(ada)
    await store.create(bob)
    await server.send('COPY', `sojourn:s:${ada.key}`, `sojourn:s:${bob.key}`, 'REPLACE')
    await expect(store.load(bob.key)).rejects.toThrow(refusal)
    await expect(store.replace(nextOf(bob, 'next'), 5)).rejects.toThrow(refusal)
    expect(await store.load(ada.key)).toEqual(ada)
  })

  test('an answer to the next command, which node-redis 5 may give after a reset, opens nothing', async () => {
    const [ada, bob] = [recordOf({ data: 'of Ada' }), recordOf({ data: 'of Bob' })]
    await store.create(ada)
    await store.create(bob)
    // The server has the script from now on.
    await store.load(bob.key)
    const isBack = new Promise<void>(resolve => client.once('ready', resolve))
    const loading = await loadedInTheTurnOfAReset(ada.key)
    await isBack
    // It is answered to whoever has asked before.
    store.load(bob.key).catch(() => undefined)
    await expect(loading.answer).rejects.toThrow(refusal)
  })

  /** Asks when the connection has been reset already, and before the driver can have noticed. */
  function loadedInTheTurnOfAReset(key: string): Promise<{ readonly answer: Promise<unknown> }> {
    return new Promise(resolve => {
      setTimeout(() => {
        proxy.close()
        proxy.open()
        const until = performance.now() + 5
        while (performance.now() < until);
        const answer = store.load(key)
        answer.catch(() => undefined)
        resolve({ answer })
      }, 20)
    })
  }
})
