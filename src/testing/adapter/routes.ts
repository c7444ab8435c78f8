import assert from 'node:assert/strict'
import type { Session } from '../../core/session/session.ts'
import type { AdapterAnswer, AdapterRequest, AdapterRoute } from './harness.ts'

/** The routes of every application of the contract. */
export const commonRoutes: { readonly [path: string]: AdapterRoute } = {
  '/plain': () => text('plain'),
  '/read': request => text(JSON.stringify(contentsOf(sessionOf(request)))),
  '/write': request => {
    put(request, { visits: 1 })
    return text('written')
  },
  '/sign-in': async request => {
    await sessionOf(request).signIn('ada')
    return text('signed in')
  },
  '/sign-out': async request => {
    await sessionOf(request).destroy()
    return text('signed out')
  },
}

/** A successful answer with a text body, unless `others` says otherwise. */
export function text(body: string, others: Partial<AdapterAnswer> = {}): AdapterAnswer {
  return { status: 200, headers: {}, body, ...others }
}

export function sessionOf({ session }: AdapterRequest): Session {
  assert.ok(session, 'Expected the request to have a session.')
  return session
}

/** Puts data into the session. */
export function put(request: AdapterRequest, data: object): void {
  Object.assign(sessionOf(request), data)
}

function contentsOf(session: Session): object {
  const { cookie, ...data } = session
  return { subject: session.subject, ...data }
}
