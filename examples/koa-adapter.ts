// An adapter for Koa.
import { Readable } from 'node:stream'
import type { Context, Middleware } from 'koa'
import { carrierOf, type Sessions, serve, untilStored, withSessionCookie } from 'sojourn/adapter'

export function koaSessions(sessions: Sessions): Middleware {
  return async (context, next) => {
    const { req, secure: isSecure, ip: address } = context
    const header = (name: string): unknown => req.headers[name]
    const isEncrypted = 'encrypted' in req.socket
    const visit = sessions.visit(carrierOf(req, { isEncrypted, isSecure, address, header }))
    const set = (session: unknown): void => {
      visit.session = Object(session)
    }
    Object.defineProperty(context, 'session', { get: () => visit.session, set })
    const isStream = (): boolean => context.body instanceof Readable
    try {
      await serve(visit, next, isStream)
    } catch (cause) {
      // Koa drops the headers of an answer that failed, but for those that its error has.
      const headers = headersFor(context, visit.setCookie)
      throw Object.assign(new Error('The request has failed.', { cause }), Object(cause), { headers })
    }
    context.set(headersFor(context, visit.setCookie))
    if (isStream()) context.body = Readable.from(untilStored(visit, context.body))
  }
}

function headersFor({ response }: Context, setCookie: string | undefined): Record<string, string | string[]> {
  if (setCookie === undefined) return {}
  const cookies = [response.headers['set-cookie'] ?? []].flat().map(String)
  const head = withSessionCookie(
    { cookies, cacheControl: response.get('cache-control') || undefined },
    setCookie,
  )
  return { 'cache-control': head.cacheControl, 'set-cookie': [...head.cookies] }
}
