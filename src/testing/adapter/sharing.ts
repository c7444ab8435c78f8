import assert from 'node:assert/strict'
import { Gate } from './gate.ts'
import type { AdapterRoute } from './harness.ts'
import { put, sessionOf, text } from './routes.ts'
import type { AdapterSceneClause } from './scene.ts'

export const sharingClauses: readonly AdapterSceneClause[] = [
  {
    name: 'a sign-in changes the id, and the old one opens no session',
    async prove(scene) {
      await scene.open()
      const visitor = scene.visitor()
      await visitor.get('/write')
      const { cookie } = visitor
      await visitor.get('/sign-in')
      assert.notEqual(visitor.cookie, cookie)
      assert.deepEqual(await visitor.read(), { subject: 'ada' })
      assert.deepEqual(await scene.visitor(cookie).read(), {})
    },
  },
  {
    name: 'a logout ends the session and deletes the cookie',
    async prove(scene) {
      await scene.open()
      const visitor = await scene.signedIn()
      const { cookie } = visitor
      assert.equal((await visitor.get('/sign-out')).cookies.length, 1)
      assert.deepEqual([visitor.cookie, scene.store.size], [undefined, 0])
      assert.deepEqual(await scene.visitor(cookie).read(), {})
    },
  },
  {
    name: 'a request that began before a logout does not bring the session back',
    async prove(scene) {
      const begun = new Gate()
      const rest = new Gate()
      await scene.open({
        '/slow': async request => {
          put(request, { visits: 1 })
          begun.open()
          await rest.passed
          return text('slow')
        },
      })
      const visitor = await scene.signedIn()
      const { cookie } = visitor
      const slow = scene.visitor(cookie).get('/slow')
      await begun.passed
      await visitor.get('/sign-out')
      rest.open()
      assert.deepEqual((await slow).cookies, [])
      assert.equal(scene.store.size, 0)
      assert.deepEqual(await scene.visitor(cookie).read(), {})
    },
  },
  {
    name: 'concurrent requests that change different keys both count',
    async prove(scene) {
      const meet = meeting(2)
      const change =
        (data: object): AdapterRoute =>
        async request => {
          sessionOf(request)
          await meet()
          put(request, data)
          return text('changed')
        }
      await scene.open({ '/one': change({ one: 1 }), '/two': change({ two: 2 }) })
      const visitor = await scene.signedIn()
      await Promise.all([visitor.get('/one'), visitor.get('/two')])
      assert.deepEqual(await visitor.read(), { subject: 'ada', one: 1, two: 2 })
    },
  },
  {
    name: 'concurrent updates of a counter all count',
    async prove(scene) {
      const meet = meeting(5)
      await scene.open({
        '/count': async request => {
          const session = sessionOf(request)
          await meet()
          await session.update(each => {
            Object.assign(each, { visits: Number(Reflect.get(each, 'visits') ?? 0) + 1 })
          })
          return text('counted')
        },
      })
      const visitor = await scene.signedIn()
      await Promise.all([1, 2, 3, 4, 5].map(() => visitor.get('/count')))
      assert.deepEqual(await visitor.read(), { subject: 'ada', visits: 5 })
    },
  },
]

/** A point at which `size` requests wait for each other. */
function meeting(size: number): () => Promise<void> {
  const gate = new Gate()
  let count = 0
  return () => {
    count += 1
    if (count === size) gate.open()
    return gate.passed
  }
}
