// An adapter for whatever answers a Request with a Response.
import type { SessionData } from 'sojourn'
import {
  carrierOf,
  type Sessions,
  serve,
  type TypedVisit,
  untilStored,
  withSessionCookie,
} from 'sojourn/adapter'

type Handler = (request: Request, visit: TypedVisit<SessionData>) => Response | Promise<Response>
export interface FetchOptions {
  /** Which responses go on for a while after their head. A `Response` does not say so itself. */
  readonly isStream?: (response: Response) => boolean
  readonly onError?: (error: unknown) => Response
}

export function withSessions(sessions: Sessions, handler: Handler, options: FetchOptions = {}) {
  const { isStream = () => false, onError = () => new Response('Sorry.\n', { status: 500 }) } = options
  return async (request: Request): Promise<Response> => {
    const isEncrypted = request.url.startsWith('https:')
    const header = (name: string): unknown => request.headers.get(name) ?? undefined
    const visit = sessions.visit(carrierOf(request, { isEncrypted, header }))
    const answer = await serve(visit, () => handler(request, visit), isStream).catch(onError)
    const headers = new Headers(answer.headers)
    if (visit.setCookie !== undefined) addCookie(headers, visit.setCookie)
    const isWhole = answer.body === null || !isStream(answer)
    const body = isWhole ? answer.body : ReadableStream.from(untilStored(visit, answer.body))
    return new Response(body, { status: answer.status, headers })
  }
}

function addCookie(headers: Headers, setCookie: string): void {
  const said = { cookies: headers.getSetCookie(), cacheControl: headers.get('cache-control') ?? undefined }
  const { cookies, cacheControl } = withSessionCookie(said, setCookie)
  headers.set('cache-control', cacheControl)
  headers.delete('set-cookie')
  for (const cookie of cookies) headers.append('set-cookie', cookie)
}
