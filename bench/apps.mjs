/** What an app is built on: each makes a request listener from a route and perhaps a session middleware. */
export const apps = {
  node: () => createNodeApp,
  express: async () => {
    const { default: express } = await import('express')
    return (route, middleware) => createExpressApp(express(), route, middleware)
  },
}

/** Answers every request with one small page, after `visit` has used the request where there are sessions. */
export function createRoute(visit) {
  if (visit === undefined) return (_request, response) => answer(response)
  return (request, response) => {
    visit(request)
    answer(response)
  }
}

function answer(response) {
  response.setHeader('Content-Type', 'text/plain; charset=utf-8')
  response.end('Welcome to the shop.')
}

function createNodeApp(route, middleware) {
  if (middleware === undefined) return route
  return (request, response) => {
    middleware(request, response, error => {
      if (error) throw error
      route(request, response)
    })
  }
}

/** An error becomes Express's own error page and its 500, which ends the measurement. */
function createExpressApp(app, route, middleware) {
  if (middleware !== undefined) app.use(middleware)
  app.get('/page', route)
  return app
}
