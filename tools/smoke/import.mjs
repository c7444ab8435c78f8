import { strict as assert } from 'node:assert'
import session, { Cookie, createSessions, MemoryStore, Session, Store } from 'sojourn'

assert.equal(typeof session, 'function')
assert.equal(typeof createSessions, 'function')
assert.equal(session.Store, Store)
assert.equal(session.MemoryStore, MemoryStore)
assert.equal(session.Cookie, Cookie)
assert.equal(session.Session, Session)
assert.ok(new MemoryStore() instanceof Store)
assert.equal(typeof session({ secret: 'a secret of the smoke test' }), 'function')

for (const path of ['express', 'memory', 'testing', 'session/store', 'session/cookie.js']) {
  const names = await import(`sojourn/${path}`)
  assert.ok(Object.keys(names).length > 0, `sojourn/${path} exports nothing`)
}
