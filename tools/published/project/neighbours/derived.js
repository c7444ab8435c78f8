import { createServer } from 'node:http'
import { ask, namesOf, serving } from './serving.js'
import { openSession } from './stores.js'

/** Each answers the messages that the session's middleware is given, and those that the route has. */
const derivations = {
  'a route with a request derived from the one that the session has': (request, response) => ({
    met: [request, response],
    routed: [Object.create(request), response],
  }),
  'a session with a request derived from the server’s': (request, response) => {
    const derived = Object.create(request)
    return { met: [derived, response], routed: [derived, response] }
  },
  'a response whose `req` is another object': (request, response) => {
    response.req = {}
    return { met: [request, response], routed: [request, response] }
  },
  'a response without `req`': (request, response) => {
    delete response.req
    return { met: [request, response], routed: [request, response] }
  },
  'a route with a response in a Proxy': (request, response) => ({
    met: [request, response],
    routed: [request, wrapped(response)],
  }),
  'a session and a route with a response in a Proxy': (request, response) => {
    const proxy = wrapped(response)
    return { met: [request, proxy], routed: [request, proxy] }
  },
  'a session with a response in a Proxy': (request, response) => ({
    met: [request, wrapped(response)],
    routed: [request, response],
  }),
  'a route with a request in a Proxy': (request, response) => ({
    met: [request, response],
    routed: [new Proxy(request, {}), response],
  }),
}

/** Node's methods do nothing on a Proxy, so whoever wraps a response binds them. */
function wrapped(response) {
  return new Proxy(response, {
    get(target, name) {
      const value = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

/** Whether a session is stored that a route has changed, whatever objects it was handed. */
export function derived({ title, store, isAssigned }) {
  const sessions = openSession(store)
  const server = createServer((request, response) => {
    const { met, routed } = derivations[title](request, response)
    sessions.middleware(...met, error => route(routed, { error, isAssigned }))
  })
  return serving(server, async origin => {
    const { status, body, cookies } = await ask(origin, '/')
    return { status, body, names: namesOf(cookies), held: await sessions.held() }
  })
}

function route([request, response], { error, isAssigned }) {
  if (error) response.statusCode = 500
  else if (isAssigned) request.session = Object.assign(request.session, { user: 'ada' })
  else request.session.user = 'ada'
  response.end(error ? String(error) : 'done')
}
