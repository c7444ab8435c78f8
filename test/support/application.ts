import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Session, SessionMiddleware } from 'sojourn'

/** A request as a route sees it behind the middleware. */
export type SessionRequest = IncomingMessage & {
  session: Session & { [name: string]: unknown }
  sessionID: string
}

export type Route = (request: SessionRequest, response: ServerResponse) => unknown
export type Listener = (request: IncomingMessage, response: ServerResponse) => void

/** What an application's error handler was given, in the order it came. */
export type Errors = unknown[]

/** An application without a framework: the middleware, the route, and an error handler as people write it. */
export function plain(middleware: SessionMiddleware, route: Route, errors: Errors = []): Listener {
  return (request, response) => {
    const fail = (error: unknown): void => handleError(error, response, errors)
    middleware(request, response, error => {
      // The middleware has been here, so that the request has what the type says.
      if (error === undefined) run(() => route(request as SessionRequest, response)).catch(fail)
      else fail(error)
    })
  }
}

/** What a route throws goes the same way as what it rejects with, as in every framework. */
async function run(route: () => unknown): Promise<void> {
  await route()
}

function handleError(error: unknown, response: ServerResponse, errors: Errors): void {
  errors.push(error)
  if (response.headersSent) {
    response.destroy()
    return
  }
  response.statusCode = (error as { readonly status?: number }).status ?? 500
  response.end(`sorry: ${codeOf(error)}`)
}

/** The code of an error, or its message where it has none. */
export function codeOf(error: unknown): string {
  const { code, message } = error as { readonly code?: string; readonly message?: string }
  return code ?? message ?? String(error)
}
