import assert from 'node:assert/strict'
import type { AdapterSceneClause } from './scene.ts'

/** Cookie values that a visitor may send. */
const values = [
  '',
  '=',
  's%3A',
  's%3A.',
  '%',
  '%E0%A4%A',
  '"quoted"',
  's:a.b; =; ;;=',
  '\x80\xff\xfe',
  'x'.repeat(6000),
  's%3A'.repeat(1500),
  '__proto__',
]

export const inputClauses: readonly AdapterSceneClause[] = [
  {
    name: 'a visitor with a malformed, huge or binary cookie is a stranger and causes no store call',
    async prove(scene) {
      await scene.open()
      for (const value of values) {
        const { status, body, cookies } = await scene.visitor(`contract.sid=${value}`).get('/read')
        assert.deepEqual([status, body, cookies], [200, '{}', []])
      }
      assert.deepEqual(scene.store.calls, [])
    },
  },
  {
    name: 'a tampered cookie opens no session',
    async prove(scene) {
      await scene.open()
      const { cookie = '' } = await scene.signedIn()
      const before = scene.store.calls.length
      for (const changed of [`${cookie}x`, cookie.slice(0, -1), cookie.replace(/\./, 'x.')]) {
        assert.deepEqual(await scene.visitor(changed).read(), {})
      }
      assert.equal(scene.store.calls.length, before)
      assert.deepEqual(await scene.visitor(cookie).read(), { subject: 'ada' })
    },
  },
]
