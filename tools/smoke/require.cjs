const assert = require('node:assert').strict
const session = require('sojourn')

assert.equal(typeof session, 'function')
assert.equal(typeof session.createSessions, 'function')
assert.equal(typeof session({ secret: 'a secret of the smoke test' }), 'function')
assert.ok(new session.MemoryStore() instanceof session.Store)

assert.equal(session.openStore('memory:').name, 'memory')
assert.equal(typeof session.sameOrigin(), 'function')
assert.throws(() => require('sojourn/lmdb').lmdbStore({ path: 'sessions' }), { code: 'DRIVER_MISSING' })

for (const ending of ['', '.js']) {
  assert.equal(require(`sojourn/session/store${ending}`), session.Store)
  assert.equal(require(`sojourn/session/memory${ending}`), session.MemoryStore)
  assert.equal(require(`sojourn/session/cookie${ending}`), session.Cookie)
  assert.equal(require(`sojourn/session/session${ending}`), session.Session)
}
assert.equal(require('sojourn/package.json').name, 'sojourn')
