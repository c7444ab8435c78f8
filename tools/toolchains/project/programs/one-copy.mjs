import { strict as assert } from 'node:assert'
import { createRequire } from 'node:module'
import session, { session as named, Store } from 'sojourn'

const required = createRequire(import.meta.url)('sojourn')
assert.equal(required, session)
assert.equal(required, named)
assert.equal(required.Store, Store)
console.log('done')
