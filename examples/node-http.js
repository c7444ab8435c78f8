import { createServer } from 'node:http'
import session from 'sojourn'

/** @typedef {import('node:http').IncomingMessage} IncomingMessage */
/** @typedef {import('node:http').ServerResponse} ServerResponse */
/** @typedef {IncomingMessage & { session: import('sojourn').Session & { views?: number } }} Visited */

const withSession = session({ secret: process.env.SESSION_SECRET, cookie: { maxAge: 86_400_000 } })

export const server = createServer((request, response) => {
  withSession(request, response, error => {
    if (error) fail(response)
    else answer(/** @type {Visited} */ (request), response)
  })
}).listen(Number(process.env.PORT ?? 3000), '127.0.0.1')

/**
 * @param {Visited} request
 * @param {ServerResponse} response
 */
function answer({ session }, response) {
  session.views = (session.views ?? 0) + 1
  response.end(`View ${session.views}.\n`)
}

/**
 * Called for a session that could not be loaded, and again for one that could not be stored.
 *
 * @param {ServerResponse} response
 */
function fail(response) {
  if (response.headersSent) response.destroy()
  else response.writeHead(503).end('Please try again.\n')
}
