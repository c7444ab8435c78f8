import assert from 'node:assert/strict'
import { put, sessionOf, text } from './routes.ts'
import type { AdapterSceneClause } from './scene.ts'

export const cookieClauses: readonly AdapterSceneClause[] = [
  {
    name: 'a stranger who stores nothing gets no cookie and causes no store call',
    async prove(scene) {
      await scene.open()
      const { cookies, headers } = await scene.visitor().get('/read')
      assert.deepEqual([cookies, scene.store.calls], [[], []])
      assert.notEqual(headers.get('cache-control'), 'no-store')
    },
  },
  {
    name: 'a route that never uses the session writes nothing and sends no cookie',
    async prove(scene) {
      await scene.open()
      const visitor = await scene.signedIn()
      const before = scene.store.calls.length
      const { cookies } = await visitor.get('/plain')
      const calls = scene.store.calls.slice(before)
      // With a store that answers later, the adapter loads the session before the route runs.
      const allowed = scene.store.traits.readsAtOnce ? [] : ['load', 'epochOf']
      assert.deepEqual([cookies, calls.filter(verb => !allowed.includes(verb))], [[], []])
    },
  },
  {
    name: 'a request that only reads the session does not send the cookie again',
    async prove(scene) {
      await scene.open()
      const visitor = await scene.signedIn()
      assert.deepEqual((await visitor.get('/read')).cookies, [])
    },
  },
  {
    name: 'the session cookie is sent beside the cookies of the application',
    async prove(scene) {
      await scene.open({
        '/theme': request => {
          put(request, { visits: 1 })
          return text('dark', { headers: { 'set-cookie': 'theme=dark' } })
        },
      })
      const { headers, cookies } = await scene.visitor().get('/theme')
      assert.equal(cookies.length, 1)
      assert.ok(headers.getSetCookie().includes('theme=dark'), 'Expected the cookie of the application, too.')
    },
  },
  {
    name: 'a response with the cookie is kept out of caches, unless the application says otherwise',
    async prove(scene) {
      const chosen = 'private, max-age=60'
      await scene.open({
        '/cached': request => {
          put(request, { visits: 1 })
          return text('cached', { headers: { 'cache-control': chosen } })
        },
      })
      assert.equal((await scene.visitor().get('/write')).headers.get('cache-control'), 'no-store')
      assert.equal((await scene.visitor().get('/cached')).headers.get('cache-control'), chosen)
    },
  },
  {
    name: 'a response carries one session cookie, that of the last session',
    async prove(scene) {
      await scene.open({
        '/twice': async request => {
          put(request, { visits: 1 })
          await sessionOf(request).save()
          await sessionOf(request).signIn('ada')
          await sessionOf(request).signIn('bob')
          put(request, { visits: 2 })
          return text('twice')
        },
      })
      const visitor = scene.visitor()
      assert.equal((await visitor.get('/twice')).cookies.length, 1)
      assert.deepEqual(await visitor.read(), { subject: 'bob', visits: 2 })
    },
  },
]
