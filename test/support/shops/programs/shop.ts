import { createServer } from 'node:http'
import { openStore } from '../../../../src/stores/open-store.ts'
import { installed } from '../../../stores/redis/installed.ts'
import { shopOn } from '../shop.ts'

/** One process of a shop whose sessions are where a URL says. It tells its port, and closes when it is told to. */
const [url = '', driver = '', version = driver] = process.argv.slice(2)
const store = installed(driver, version, () => openStore(url))
const server = createServer(shopOn(store))
// No connection ends while somebody may be about to ask.
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => process.send?.(server.address()))
process.on('message', async () => {
  server.close()
  server.closeAllConnections()
  await store.close()
  process.disconnect()
})
process.on('disconnect', () => process.exit())
