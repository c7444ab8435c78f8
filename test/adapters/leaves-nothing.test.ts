import type { RequestHandler } from 'express'
import express from 'express'
import session, {
  exclusive,
  formToken,
  type RecordStore,
  requireFormToken,
  requireRecentSignIn,
  requireSession,
  requireSubject,
} from 'sojourn'
import { memoryStore, type RecordMemory } from 'sojourn/memory'
import { type FakeClock, fakeClock } from 'sojourn/testing'
import { describe, expect, test } from 'vitest'
import { ask } from '../support/http-client.ts'
import { later } from '../support/late-store.ts'
import { serve } from '../support/servers.ts'

const minute = 60_000

/** The middlewares that may use a session before the route, or be the only ones to use it. */
const guards: { readonly [what: string]: RequestHandler } = {
  'the route itself': (request, _response, next) =>
    next(request.session.cookie === undefined ? 'route' : undefined),
  'the route, at its id': (request, _response, next) => next(request.sessionID === '' ? 'route' : undefined),
  requireSession: requireSession(),
  requireSubject: requireSubject(),
  requireRecentSignIn: requireRecentSignIn('20h'),
  exclusive: exclusive(),
  'a form token that is made': (request, _response, next) =>
    next(formToken(request) === '' ? 'route' : undefined),
  'a form token that is required': (request, response, next) => {
    Object.assign(request, { method: 'POST' })
    request.headers['x-csrf-token'] = formToken(request)
    requireFormToken()(request, response, next)
  },
  'a form token that is missing': (request, response, next) => {
    Object.assign(request, { method: 'POST' })
    requireFormToken()(request, response, () => next())
  },
}

/** The ways to answer a request. */
const answers: { readonly [how: string]: RequestHandler } = {
  'in one piece': (_request, response) => void response.end('whole'),
  'as a stream': (_request, response) => {
    response.write('wh')
    response.end('ole')
  },
  'as an error': (_request, _response, next) => next(new Error('a route that fails')),
  'as a page that is not there': (_request, _response, next) => next(),
}

const stores: { readonly [kind: string]: (records: RecordMemory) => RecordStore } = {
  'answers at once': records => records,
  'answers later': records => later(records),
}

for (const [kind, storeOf] of Object.entries(stores)) {
  describe(`after the answer to a request, with a store that ${kind}`, () => {
    for (const [what, guard] of Object.entries(guards)) {
      test(`no lock is left, and activity is recorded, when only ${what} has used the session`, async () => {
        for (const answer of Object.values(answers)) {
          const { clock, records, get, cookie } = await open(storeOf, guard, answer)
          const { waiting } = clock
          clock.advance(15 * minute)
          await get('/', cookie)
          expect(clock.waiting).toBe(waiting)
          expect([...records.records()]).toMatchObject([{ subject: 'ada', touchedAt: clock.now() }])
          clock.advance(15 * minute)
          expect((await get('/who', cookie)).body).toBe('ada')
        }
      })

      test(`a due rotation happens when only ${what} has used the session`, async () => {
        const { clock, records, get, cookie } = await open(storeOf, guard, answers['in one piece']!)
        clock.advance(15 * minute)
        await get('/who', cookie)
        clock.advance(16 * minute)
        const rotated = await get('/', cookie)
        expect(rotated.cookies).toHaveLength(1)
        expect([...records.records()]).toMatchObject([{ rotation: expect.any(String) }])
        expect((await get('/who', rotated.cookie)).body).toBe('ada')
      })
    }
  })
}

interface Scene {
  readonly clock: FakeClock
  readonly records: RecordMemory
  /** The cookie of Ada, who has signed in. */
  readonly cookie: string
  get(path: string, cookie?: string): ReturnType<typeof ask>
}

async function open(
  storeOf: (records: RecordMemory) => RecordStore,
  guard: RequestHandler,
  answer: RequestHandler,
): Promise<Scene> {
  const clock = fakeClock()
  const records = memoryStore({ clock })
  const app = express()
  const secret = 'a secret that only these tests know'
  app.use(session({ secret, clock, store: storeOf(records), idle: '20m', rotateEvery: '30m' }))
  app.get('/sign-in', async (request, response) => {
    await request.session.signIn('ada')
    response.end()
  })
  app.get('/who', (request, response) => void response.end(request.session.subject ?? 'nobody'))
  app.all('/', guard, answer)
  app.use(
    ((_error, _request, response, _next) => void response.status(500).end()) as express.ErrorRequestHandler,
  )
  const port = await serve(app)
  const get = (path: string, cookie = '') => ask(port, path, { headers: { cookie } })
  return { clock, records, get, cookie: (await get('/sign-in')).cookie }
}
