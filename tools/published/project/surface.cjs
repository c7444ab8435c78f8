// Prints what this project's `express-session` looks like from the outside, as JSON.
const { realpathSync } = require('node:fs')
const { createRequire } = require('node:module')
const { dirname, join } = require('node:path')
const { inherits } = require('node:util')
const session = require('express-session')

const { Store } = session

class ExtendedStore extends Store {}

function CalledStore() {
  Store.call(this)
}
inherits(CalledStore, Store)

/** Which copy of `express-session` a package of this project gets. */
function copySeenBy(packageName) {
  const from = createRequire(join(__dirname, 'node_modules', packageName, 'package.json'))
  return realpathSync(from.resolve('express-session'))
}

function deepPaths() {
  const named = { store: 'Store', cookie: 'Cookie', session: 'Session', memory: 'MemoryStore' }
  const isSame = ([path, name]) => require(`express-session/session/${path}`) === session[name]
  return Object.entries(named)
    .filter(entry => !isSame(entry))
    .map(([path]) => path)
}

async function publishedStores() {
  const { MongoStore } = await import('connect-mongo')
  const { RedisStore } = await import('connect-redis')
  const MongoStoreRequired = require('connect-mongo').MongoStore
  const RedisStoreRequired = require('connect-redis').RedisStore
  return {
    'connect-mongo': MongoStore,
    'connect-mongo required': MongoStoreRequired,
    'connect-redis': RedisStore,
    'connect-redis required': RedisStoreRequired,
    'connect-pg-simple': require('connect-pg-simple')(session),
    memorystore: require('memorystore')(session),
    'session-file-store': require('session-file-store')(session),
  }
}

function instances() {
  const pool = { query: async () => ({ rows: [] }), on() {} }
  const redis = { get: async () => null }
  const { RedisStore } = require('connect-redis')
  const PostgresStore = require('connect-pg-simple')(session)
  return [
    new ExtendedStore(),
    new CalledStore(),
    new RedisStore({ client: redis }),
    new PostgresStore({ pool }),
  ]
}

async function main() {
  const imported = await import('express-session')
  const stores = Object.entries(await publishedStores())
  const users = [
    '.',
    'connect-mongo',
    'connect-redis',
    'connect-pg-simple',
    'memorystore',
    'session-file-store',
  ]
  const facts = {
    requiredIsImported: imported.default === session,
    namesThatDiffer: ['Store', 'Cookie', 'Session', 'MemoryStore'].filter(
      name => imported[name] !== session[name],
    ),
    deepPathsThatDiffer: deepPaths(),
    storesThatDoNotExtend: stores
      .filter(([, Kind]) => !(Kind.prototype instanceof Store))
      .map(([name]) => name),
    instancesAccepted: instances().filter(
      store =>
        store instanceof Store && session({ secret: 's', store, resave: false, saveUninitialized: false }),
    ).length,
    storesThatEmit: instances().filter(
      store => typeof store.on === 'function' && typeof store.regenerate === 'function',
    ).length,
    copies: [...new Set(users.map(copySeenBy))].map(path => dirname(path)),
  }
  console.log(JSON.stringify(facts))
  process.exit()
}

main().catch(error => {
  console.error(error)
  process.exit(1)
})
