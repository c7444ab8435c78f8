import assert from 'node:assert/strict'
import type { AdapterRoute } from './harness.ts'
import { put, text } from './routes.ts'
import type { AdapterScene, AdapterSceneClause } from './scene.ts'
import type { Page } from './visitor.ts'

const first = {
  'content-type': 'text/first',
  'content-language': 'la',
  'content-disposition': 'attachment',
  etag: '"first"',
  location: '/read',
}

export const saveClauses: readonly AdapterSceneClause[] = [
  {
    name: 'no part of a response is sent before its session is stored',
    async prove(scene) {
      await scene.open()
      const visitor = scene.visitor()
      const gate = scene.store.hold('create')
      const called = scene.store.called('create')
      const answer = visitor.ask('/write')
      await scene.expectHeld(answer, called)
      gate.open()
      assert.equal((await answer).status, 200)
      assert.deepEqual(await visitor.read(), { visits: 1 })
    },
  },
  {
    name: 'the request after a redirect finds the session that the redirect stored',
    async prove(scene) {
      await scene.open({ '/redirect': redirect })
      const visitor = await scene.signedIn()
      const gate = scene.store.hold('replace')
      const called = scene.store.called('replace')
      const answer = visitor.get('/redirect')
      await scene.expectHeld(answer, called)
      gate.open()
      const { status, headers } = await answer
      assert.deepEqual([status, headers.get('location')], [302, '/read'])
      assert.deepEqual(await visitor.read(), { subject: 'ada', visits: 1 })
    },
  },
  {
    name: 'a failed first save becomes an error response, without a cookie and without the headers of the original',
    async prove(scene) {
      await scene.open({ '/redirect': redirect })
      scene.store.break('create')
      const visitor = scene.visitor()
      expectErrorAlone(await visitor.get('/redirect'))
      assert.equal(scene.store.size, 0)
    },
  },
  {
    name: 'a failed later save becomes an error response, and the session stays as it was',
    async prove(scene) {
      await scene.open({ '/redirect': redirect })
      const visitor = await scene.signedIn()
      scene.store.break('replace')
      expectErrorAlone(await visitor.get('/redirect'))
      scene.store.mend()
      assert.deepEqual(await visitor.read(), { subject: 'ada' })
    },
  },
  {
    name: 'a failed load becomes an error response, and the visitor stays signed in',
    async prove(scene) {
      await scene.open()
      const visitor = await scene.signedIn()
      scene.store.break('load')
      expectErrorAlone(await visitor.get('/read'))
      scene.store.mend()
      assert.deepEqual(await visitor.read(), { subject: 'ada' })
    },
  },
  {
    name: 'a change that a route makes before it throws is stored, and the error response carries the cookie',
    async prove(scene) {
      const visitor = await visitFailing(scene, { visits: 1 })
      assert.deepEqual(await visitor.read(), { visits: 1 })
    },
  },
  {
    name: 'a route that throws before it has changed anything leaves no session and no cookie',
    async prove(scene) {
      const visitor = await visitFailing(scene, {})
      assert.deepEqual([visitor.cookie, scene.store.calls], [undefined, []])
    },
  },
]

const redirect: AdapterRoute = request => {
  put(request, { visits: 1 })
  return text('first', { status: 302, headers: first })
}

function expectErrorAlone({ status, headers, cookies, body }: Page): void {
  assert.ok(status >= 500, `Expected the status of an error of the server, got ${status}.`)
  assert.deepEqual(cookies, [])
  for (const [name, value] of Object.entries(first)) {
    assert.notEqual(headers.get(name), value, `Expected \`${name}\` of the first answer to be gone.`)
  }
  assert.ok(!body.includes('first'), 'Expected the body of an error, got that of the first answer.')
}

async function visitFailing(scene: AdapterScene, data: object): ReturnType<AdapterScene['signedIn']> {
  await scene.open({
    '/throw': request => {
      put(request, data)
      throw new Error('The contract throws this error.')
    },
  })
  const visitor = scene.visitor()
  const { status } = await visitor.get('/throw')
  assert.ok(status >= 500, `Expected the status of an error of the server, got ${status}.`)
  return visitor
}
