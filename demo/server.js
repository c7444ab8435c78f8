import { fileURLToPath } from 'node:url'
import { openStore } from 'sojourn'
import { createApp } from './app.js'
import { readConfiguration } from './configuration.js'

const longestFarewellMs = 5000

start().catch(fail)

async function start() {
  const configuration = readConfiguration(process.env, fileURLToPath(new URL('.env', import.meta.url)))
  const store = openStore(configuration.storeUrl)
  try {
    // A server that cannot be used is better found out now than by the first visitor.
    await store.ready?.()
    listen(configuration, store)
  } catch (error) {
    giveUp(store, error)
  }
}

/**
 * @param {import('./configuration.js').Configuration} configuration
 * @param {import('sojourn').OpenedStore} store
 */
function listen(configuration, store) {
  const { port, host, secret, idleMs, absoluteMs, warnings } = configuration
  const app = createApp({ secret, store, idleMs, absoluteMs })
  const server = app.listen(port, host, error => {
    if (error) giveUp(store, new Error(`${error.message}. HOST and PORT choose where it listens.`))
    else announce(configuration, server.address())
  })
  for (const warning of warnings) console.warn(warning)
  closeOnSignal(server, store)
}

/**
 * @param {import('./configuration.js').Configuration} configuration
 * @param {string | import('node:net').AddressInfo | null} address
 */
function announce({ host, storeUrl, secretSource }, address) {
  const port = typeof address === 'object' && address !== null ? address.port : address
  // A name is shown for the address that every machine has, and brackets go around one of IPv6.
  const shown = host === '127.0.0.1' ? 'localhost' : host.includes(':') ? `[${host}]` : host
  // What follows the scheme may hold a password.
  const scheme = storeUrl.split(':', 1).join('')
  console.log(`The shop is at http://${shown}:${port} (sessions in ${scheme}, secret from ${secretSource})`)
}

/**
 * Stops taking requests, lets those under way end, and closes the store after them.
 *
 * @param {import('node:http').Server} server
 * @param {import('sojourn').OpenedStore} store
 */
function closeOnSignal(server, store) {
  let isClosing = false
  // A browser that goes on asking over the connection it has would keep the shop from closing.
  server.prependListener('request', (_request, response) => {
    if (isClosing) response.setHeader('Connection', 'close')
  })
  const close = () => {
    if (isClosing) return
    isClosing = true
    setTimeout(() => server.closeAllConnections(), longestFarewellMs).unref()
    server.close(() => closeStore(store).catch(fail))
  }
  process.on('SIGTERM', close).on('SIGINT', close)
}

/**
 * @param {import('sojourn').OpenedStore} store
 * @param {Error} error
 */
function giveUp(store, error) {
  fail(error)
  closeStore(store).catch(fail)
}

/** @param {import('sojourn').OpenedStore} store */
async function closeStore(store) {
  await store.close()
}

/** @param {Error} error */
function fail({ message }) {
  console.error(`The shop cannot go on: ${message.split('\n', 1)}`)
  process.exitCode = 1
}
