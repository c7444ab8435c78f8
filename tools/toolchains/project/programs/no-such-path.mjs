import { strict as assert } from 'node:assert'

await assert.rejects(import('sojourn/no-such-path'), {
  message: /^Expected a path that sojourn has, got another one\. It has: sojourn, .*sojourn\/redis/,
})
console.log('done')
