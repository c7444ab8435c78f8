import { randomBytes } from 'node:crypto'
import { createApp } from './app.js'

/** @type {string | undefined} */
const configured = process.env.SESSION_SECRET || undefined
const source = configured ? 'the secret is SESSION_SECRET' : 'the secret is random, so a restart signs out'

const app = createApp({ secret: configured ?? randomBytes(32).toString('base64url') })

export const server = app.listen(portFrom(process.env.PORT), process.env.HOST ?? '127.0.0.1', error => {
  if (error) fail(error)
  else console.log(`Sojourn's demo is at http://localhost:${portOf(server.address())} (${source})`)
})

/** @param {Error} error */
function fail({ message }) {
  console.error(`The demo cannot listen: ${message}. PORT chooses another port.`)
  process.exitCode = 1
}

function portFrom(text = '3000') {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text)
  throw new RangeError(`Expected PORT to be a number from 0 to 65535, got '${text}'.`)
}

/** @param {ReturnType<typeof server.address>} address */
function portOf(address) {
  return typeof address === 'object' && address !== null ? address.port : address
}
