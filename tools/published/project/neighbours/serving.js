import { once } from 'node:events'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import express from 'express'

const requireOnExpress4 = createRequire(new URL('../on-express-4/package.json', import.meta.url))

/** Express in both of its versions, by number. */
export const expresses = { 4: requireOnExpress4('express'), 5: express }

export { requireOnExpress4 }

// biome-ignore lint/complexity/useMaxParams: Express tells an error handler by its four parameters.
export function answerError(error, _request, response, _next) {
  response.status(error.status ?? 500).json('no')
}

/** Lets a server listen while `work` runs with its origin, and closes it then. */
export async function serving(handler, work) {
  const server = typeof handler === 'function' ? createServer(handler) : handler
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    return await work(`http://127.0.0.1:${server.address().port}`, server)
  } finally {
    server.closeAllConnections()
    if (server.listening) await new Promise(resolve => server.close(resolve))
  }
}

/** One request over HTTP, and what matters of its answer. */
export async function ask(origin, path, { cookie, ...options } = {}) {
  const headers = { ...options.headers, ...(cookie && { cookie }) }
  const response = await fetch(origin + path, { redirect: 'manual', ...options, headers })
  const body = await response.text()
  return {
    status: response.status,
    body,
    cookies: response.headers.getSetCookie(),
    headers: response.headers,
  }
}

/** What a browser sends back of the cookies that it was given. */
export function sentBack(cookies) {
  return cookies.map(line => line.split(';', 1)[0]).join('; ')
}

/** The names of the cookies that were set. */
export function namesOf(cookies) {
  return cookies.map(line => line.slice(0, line.indexOf('=')))
}
