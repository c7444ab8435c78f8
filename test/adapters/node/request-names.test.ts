import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import session from 'sojourn'
import { describe, expect, test } from 'vitest'
import type { NodeRequest } from '../../../src/adapters/node/messages.ts'
import { hasSession, installRequestNames } from '../../../src/adapters/node/request-names.ts'
import { ask } from '../../support/http-client.ts'
import { plain, type Route, type SessionRequest, serve } from '../../support/servers.ts'

describe('a request that never met a session middleware', () => {
  const bare = (): NodeRequest => {
    installRequestNames()
    return new IncomingMessage(new Socket())
  }

  test('has no session, no id and no store', () => {
    const { session, sessionID, sessionStore } = bare()
    expect([session, sessionID, sessionStore]).toEqual([undefined, undefined, undefined])
    expect(hasSession(bare())).toBe(false)
  })

  test.each(['session', 'sessionID', 'sessionStore'] as const)('can be given a `%s` of its own', name => {
    const request = bare()
    const value = { mine: true }
    request[name] = value
    expect(request[name]).toBe(value)
    expect(Object.keys(request)).toContain(name)
    request[name] = undefined
    expect(request[name]).toBeUndefined()
    expect(Reflect.deleteProperty(request, name)).toBe(true)
    expect(request[name]).toBeUndefined()
  })

  test('does not have its names listed among its own', () => {
    expect(Object.keys(bare())).not.toContain('session')
  })

  test('has a session once it was given one', () => {
    const request = bare()
    request.session = { mine: true }
    expect(hasSession(request)).toBe(true)
    request.session = null
    expect(hasSession(request)).toBe(false)
  })
})

describe('a request with a session', () => {
  test('shows the same session at each look, as a property of its own', async () => {
    const seen = await look(request => [
      Object.hasOwn(request, 'session'),
      [request.session].includes(request.session),
      Object.hasOwn(request, 'session'),
      Object.keys(request).includes('session'),
    ])
    expect(seen).toEqual([false, true, true, true])
  })

  test('shows none once it was deleted, and what is assigned after that', async () => {
    const seen = await look(request => {
      const had = request.session !== undefined
      const isDeleted = Reflect.deleteProperty(request, 'session')
      const afterwards = request.session
      Object.assign(request, { session: { visits: 1 } })
      return [had, isDeleted, afterwards, request.session.visits]
    })
    expect(seen).toEqual([true, true, undefined, 1])
  })

  test('can be deleted before anybody has looked', async () => {
    const seen = await look(request => {
      Reflect.deleteProperty(request, 'session')
      return [Object.hasOwn(request, 'session')]
    })
    expect(seen).toEqual([false])
  })

  test('has an id that its session has too, and can be read before the session', async () => {
    const seen = await look(request => [typeof request.sessionID, request.sessionID === request.session.id])
    expect(seen).toEqual(['string', true])
  })

  test('is destructured like any object', async () => {
    const seen = await look(request => {
      const { session, sessionID } = request
      return [session.id === sessionID]
    })
    expect(seen).toEqual([true])
  })
})

test('two middlewares on one request: the second leaves the session of the first', async () => {
  const first = session({ secret: 'one', name: 'first' })
  const second = session({ secret: 'two', name: 'second' })
  const route: Route = (request, response) => {
    request.session.visits = 1
    response.end('whole')
  }
  const inner = plain(second, route)
  const port = await serve((request, response) => first(request, response, () => inner(request, response)))
  const { cookies } = await ask(port)
  expect(cookies).toHaveLength(1)
  expect(cookies[0]).toMatch(/^first=/)
})

test('a stand-in for a request, as tests make them, has a session too', () => {
  const request: Record<string, unknown> = { url: '/', headers: {}, method: 'GET' }
  const calls: unknown[] = []
  const middleware = session({ secret: 'names' })
  middleware(request as never, { headersSent: false } as never, error => calls.push(error))
  expect(calls).toEqual([undefined])
  expect(request.session).toMatchObject({ cookie: expect.anything() })
  expect(typeof request.sessionID).toBe('string')
})

/** What a route sees of a request of the memory store's, which loads nothing before the first look. */
async function look(see: (request: SessionRequest) => readonly unknown[]): Promise<readonly unknown[]> {
  let seen: readonly unknown[] = []
  const port = await serve(
    plain(session({ secret: 'names' }), (request, response) => {
      seen = see(request)
      response.end()
    }),
  )
  await ask(port)
  return seen
}
