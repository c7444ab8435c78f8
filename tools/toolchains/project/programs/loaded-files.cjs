const assert = require('node:assert').strict
const { basename } = require('node:path')
const session = require('sojourn')

const files = () =>
  Object.keys(require.cache)
    .map(file => basename(file))
    .slice(1)
assert.deepEqual(files(), ['index.js', 'sojourn.js'])
session.openStore('memory:')
assert.deepEqual(files(), ['index.js', 'sojourn.js'])
session.openStore('redis://127.0.0.1:1', {
  redis: {
    createClient: () => ({ on() {}, connect: async () => {}, sendCommand() {}, close() {}, isOpen: false }),
  },
})
assert.deepEqual(files(), ['index.js', 'sojourn.js', 'redis.js'])
console.log('done')
