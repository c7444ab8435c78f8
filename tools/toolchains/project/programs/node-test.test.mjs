import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import session from 'sojourn'

test('it is the function', () => assert.equal(typeof session, 'function'))
