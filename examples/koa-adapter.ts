// An adapter for Koa.
import type { Context, Middleware } from 'koa'
import { carrierOf, type Sessions, serve, withSessionCookie } from 'sojourn/adapter'

export function koaSessions(sessions: Sessions): Middleware {
  return async (context, next) => {
    const { req, secure: isSecure, ip: address } = context
    const header = (name: string): unknown => req.headers[name]
    const connection = { isEncrypted: 'encrypted' in req.socket, isSecure, address, header }
    const visit = sessions.visit(carrierOf(req, connection))
    Object.defineProperty(context, 'session', {
      get: () => visit.session,
      set: session => {
        visit.session = session
      },
    })
    try {
      await serve(visit, next)
    } catch (error) {
      // Koa drops every header of an answer that failed, but for those of the error.
      const headers = headersFor(context, visit.setCookie)
      throw Object.assign(Object(error), { headers: { ...Object(error).headers, ...headers } })
    }
    context.set(headersFor(context, visit.setCookie))
  }
}

function headersFor({ response }: Context, setCookie: string | undefined): Record<string, string | string[]> {
  if (setCookie === undefined) return {}
  const said = {
    cookies: [response.headers['set-cookie'] ?? []].flat(),
    cacheControl: response.get('cache-control') || undefined,
  }
  const { cookies, cacheControl } = withSessionCookie(
    { ...said, cookies: said.cookies.map(String) },
    setCookie,
  )
  return { 'cache-control': cacheControl, 'set-cookie': [...cookies] }
}
