// An adapter for whatever answers a Request with a Response.

import type { SessionData } from 'sojourn'
import {
  carrierOf,
  type Guard,
  type Sessions,
  serve,
  type TypedVisit,
  withSessionCookie,
} from 'sojourn/adapter'

type Visit = TypedVisit<SessionData>
type Handler = (request: Request, visit: Visit) => Response | Promise<Response>

export function withSessions(sessions: Sessions, handler: Handler, guards: readonly Guard[] = []) {
  return async (request: Request): Promise<Response> => {
    const isEncrypted = request.url.startsWith('https:')
    const connection = { isEncrypted, header: (name: string) => request.headers.get(name) ?? undefined }
    const visit = sessions.visit(carrierOf(request, connection))
    const response = await serve(visit, async () => {
      for (const guard of guards) {
        const refusal = await guard({ ...connection, method: request.method, visit, sessions })
        if (refusal !== undefined) return new Response(refusal.body, refusal)
      }
      return handler(request, visit)
    })
    return visit.setCookie === undefined ? response : withCookie(response, visit.setCookie)
  }
}

/** The headers of a response may be immutable, as those of a redirect are. */
function withCookie(response: Response, setCookie: string): Response {
  const headers = new Headers(response.headers)
  const said = { cookies: headers.getSetCookie(), cacheControl: headers.get('cache-control') ?? undefined }
  const { cookies, cacheControl } = withSessionCookie(said, setCookie)
  headers.set('cache-control', cacheControl)
  headers.delete('set-cookie')
  for (const cookie of cookies) headers.append('set-cookie', cookie)
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers })
}
