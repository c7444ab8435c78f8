const assert = require('node:assert').strict
const session = require('sojourn')

// In a bundle both are there, whichever comes first.
async function compare() {
  const imported = await import('sojourn')
  assert.equal(imported.default, session)
  assert.equal(imported.Store, require('sojourn/session/store'))
  assert.equal((await import('sojourn/session/store')).default, session.Store)
  assert.equal((await import('sojourn/memory')).memoryStore, session.memoryStore)
  assert.equal(require('sojourn/express').session, session)
  assert.throws(() => require('sojourn/redis').redisStore({}), session.SojournError)
  const { default: itself, ...named } = imported
  assert.equal(itself, session)
  assert.deepEqual(Object.keys(named).sort(), Object.keys(session).sort())
  for (const name of Object.keys(session)) assert.equal(named[name], session[name])
}

void compare().then(() => console.log('done'))
