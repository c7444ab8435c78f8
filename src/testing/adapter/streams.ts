import assert from 'node:assert/strict'
import { Gate } from './gate.ts'
import type { AdapterAnswer } from './harness.ts'
import { put, text } from './routes.ts'
import type { AdapterSceneClause } from './scene.ts'

export const streamClauses: readonly AdapterSceneClause[] = [
  {
    name: 'a stream sends the cookie with its first byte, and its end waits for the save',
    async prove(scene) {
      const rest = new Gate()
      await scene.open({
        '/stream': request => {
          put(request, { visits: 1 })
          return stream(() => rest.passed)
        },
      })
      const visitor = scene.visitor()
      const gate = scene.store.hold('create')
      const called = scene.store.called('create')
      const { cookies, body } = await visitor.ask('/stream')
      assert.equal(cookies.length, 1)
      const whole = new Response(body).text()
      rest.open()
      await scene.expectHeld(whole, called)
      gate.open()
      assert.equal(await whole, 'first, second')
      assert.deepEqual(await visitor.read(), { visits: 1 })
    },
  },
  {
    name: 'a change that a stream makes before its end is stored when it ends',
    async prove(scene) {
      await scene.open({ '/stream': request => stream(() => put(request, { visits: 2 })) })
      const visitor = await scene.signedIn()
      assert.equal((await visitor.get('/stream')).body, 'first, second')
      assert.deepEqual(await visitor.read(), { subject: 'ada', visits: 2 })
    },
  },
  {
    name: 'a stream whose save fails is cut off',
    async prove(scene) {
      await scene.open({ '/stream': request => stream(() => put(request, { visits: 2 })) })
      const visitor = await scene.signedIn()
      scene.store.break('replace')
      await assert.rejects(visitor.get('/stream'), 'Expected a stream that was not stored to break off.')
      scene.store.mend()
      assert.deepEqual(await visitor.read(), { subject: 'ada' })
    },
  },
]

function stream(between: () => unknown): AdapterAnswer {
  async function* chunks(): AsyncGenerator<string> {
    yield 'first, '
    await between()
    yield 'second'
  }
  return text('', { body: chunks() })
}
