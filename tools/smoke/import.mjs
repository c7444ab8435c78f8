import { strict as assert } from 'node:assert'
import session, { Cookie, createSessions, MemoryStore, openStore, Session, Store } from 'sojourn'

assert.equal(typeof session, 'function')
assert.equal(typeof createSessions, 'function')
assert.equal(session.Store, Store)
assert.equal(session.MemoryStore, MemoryStore)
assert.equal(session.Cookie, Cookie)
assert.equal(session.Session, Session)
assert.ok(new MemoryStore() instanceof Store)
assert.equal(typeof session({ secret: 'a secret of the smoke test' }), 'function')

assert.equal(openStore('memory:').name, 'memory')
// Nobody has installed the packages that these need, and each says which one it is.
assert.throws(() => openStore('lmdb:./sessions'), { code: 'DRIVER_MISSING', message: /npm install lmdb$/ })
assert.throws(() => openStore('redis://127.0.0.1:1'), {
  code: 'DRIVER_MISSING',
  message: /npm install redis$/,
})

for (const path of [
  'express',
  'lmdb',
  'memory',
  'mongodb',
  'mysql',
  'postgres',
  'redis',
  'sqlite',
  'testing',
  'session/store',
  'session/cookie.js',
]) {
  const names = await import(`sojourn/${path}`)
  assert.ok(Object.keys(names).length > 0, `sojourn/${path} exports nothing`)
}
