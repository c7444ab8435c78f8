import { session } from '../../../src/adapters/express.ts'
import type { Store } from '../../../src/core/record/store.ts'
import { type Listener, plain, type SessionRequest } from '../application.ts'

/** The secret of every process of the shop. */
export const shopSecret = 'the secret that all processes of one shop have in common'
/** How long a call of the store may take. */
export const deadlineMs = 3000
/** What the cookie says of its own end. */
export const cookieMaxAge = 3_600_000

/** What the shop knows of whoever asks. */
export interface Said {
  /** Who they are; undefined for somebody who is not signed in. */
  readonly user?: string
  /** What names their session, without being its id. */
  readonly handle?: string
  readonly count?: number
  readonly notes?: Readonly<Record<string, number>>
}

/** A shop whose customers sign in, count, take notes and sign out, and are told what their session holds. */
export function shopOn(store: Store): Listener {
  const middleware = session({
    secret: shopSecret,
    store,
    deadline: deadlineMs,
    cookie: { maxAge: cookieMaxAge },
  })
  return plain(middleware, async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://shop')
    await services[pathname]?.(request, searchParams)
    response.end(JSON.stringify(said(request)))
  })
}

type Service = (request: SessionRequest, wanted: URLSearchParams) => unknown

const services: Readonly<Record<string, Service>> = {
  '/in': signIn,
  '/count': count,
  '/note': note,
  '/out': request => request.session.destroy(),
}

async function signIn(request: SessionRequest, wanted: URLSearchParams): Promise<void> {
  const user = wanted.get('user') ?? ''
  await request.session.signIn(user)
  request.session['user'] = user
}

async function count({ session: visited }: SessionRequest): Promise<void> {
  // Nobody begins a session by counting.
  if (visited['user'] === undefined) return
  await visited.update(draft => {
    draft['count'] = Number(draft['count'] ?? 0) + 1
  })
}

function note({ session: visited }: SessionRequest, wanted: URLSearchParams): void {
  if (visited['user'] === undefined) return
  visited[`note ${wanted.get('name')}`] = Number(wanted.get('value'))
}

function said({ session: visited }: SessionRequest): object {
  if (visited?.['user'] === undefined) return {}
  const { user, count: counted } = visited
  const notes = Object.entries(visited).filter(([name]) => name.startsWith('note '))
  return { user, handle: visited.handle, count: counted, notes: Object.fromEntries(notes) }
}
