import type { IncomingMessage, ServerResponse } from 'node:http'
import express from 'express'
import session, { formToken, requireFormToken, type SojournError } from 'sojourn'
import { describe, expect, test } from 'vitest'
import { FormTokens } from '../../src/core/cross-site/form-token.ts'
import { visitKey } from '../../src/core/session/session.ts'
import { hearEvents } from '../core/heard-events.ts'
import { ask } from '../support/http-client.ts'
import { serve } from '../support/servers.ts'

declare module 'sojourn' {
  interface SessionData {
    views: number
  }
}

const tokens = new FormTokens(() => [Buffer.alloc(32, 1)])

/** The parts of a request, beside its session. */
interface Given {
  readonly handle?: string
  readonly method?: string | undefined
  readonly url?: string
  readonly headers?: object
  readonly body?: unknown
  readonly query?: unknown
  readonly cookies?: unknown
}

type Options = Parameters<typeof requireFormToken>[0]

/** A carrier for a request whose session has this handle. */
function hostOf(handle: string): object {
  const sessions = { isFormTokenOf: (_session: unknown, token: unknown) => tokens.verify(handle, token) }
  return { sessions, settled: () => ({ session: handle === '' ? undefined : {} }) }
}

/** The error that the middleware passes on; undefined when the route may run. */
function send({ handle = 'ada', ...given }: Given, options?: Options): SojournError | undefined {
  const request = { method: 'POST', headers: {}, [visitKey]: hostOf(handle), ...given }
  const calls: unknown[] = []
  const answered = requireFormToken(options)
  answered(request as never as IncomingMessage, {} as ServerResponse, error => void calls.push(error))
  expect(calls).toHaveLength(1)
  return calls[0] as SojournError | undefined
}

const right = tokens.make('ada')
const refused = expect.objectContaining({ code: 'CROSS_SITE', status: 403 })

describe('a form token', () => {
  test('is accepted for its session, in the header or in the body', () => {
    expect(send({ headers: { 'x-csrf-token': right } })).toBeUndefined()
    expect(send({ body: { _csrf: right } })).toBeUndefined()
    expect(send({ headers: { 'x-csrf-token': '' }, body: { _csrf: right } })).toBeUndefined()
    expect(send({ body: Object.assign(Object.create(null), { _csrf: right }) })).toBeUndefined()
  })

  test('is required for every method that may change something', () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'get', undefined])
      expect(send({ method })).toEqual(refused)
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'QUERY']) expect(send({ method })).toBeUndefined()
  })

  test('that is missing or wrong gives one event, and a 403', () => {
    const heard = hearEvents()
    expect(send({})).toEqual(refused)
    expect(heard).toEqual([{ name: 'cross-site', payload: { handle: undefined, reason: 'token' } }])
  })

  test('of one session is refused for another, including the one after a regenerate', () => {
    for (const handle of ['bob', 'ada-regenerated', '']) {
      expect(send({ handle, headers: { 'x-csrf-token': right } })).toEqual(refused)
      expect(send({ handle, body: { _csrf: right } })).toEqual(refused)
    }
  })

  test('in the query, in a cookie, in the address or under another name is ignored', () => {
    expect(send({ url: `/?_csrf=${right}`, query: { _csrf: right, 'x-csrf-token': right } })).toEqual(refused)
    const cookies = { _csrf: right, 'x-csrf-token': right }
    expect(send({ headers: { cookie: `_csrf=${right}; x-csrf-token=${right}` }, cookies })).toEqual(refused)
    expect(send({ headers: { 'x-xsrf-token': right, authorization: right, _csrf: right } })).toEqual(refused)
    expect(send({ body: { csrf: right, 'x-csrf-token': right } })).toEqual(refused)
  })

  test.each([
    ['truncated', right.slice(0, -1)],
    ['longer', `${right}A`],
    ['padded', `${right}=`],
    ['of the other alphabet', Buffer.from(right, 'base64url').toString('base64').replace(/^./, '+')],
    ['twice in one header', `${right}, ${right}`],
    ['in an array', [right]],
    ['twice in an array', [right, right]],
    ['in an object', { 0: right, length: 1 }],
    ['an object that says it', { toString: () => right }],
    ['nothing', null],
    ['a number', 7],
    ['true', true],
  ])('that is %s is refused', (_how, token) => {
    expect(send({ headers: { 'x-csrf-token': token } })).toEqual(refused)
    expect(send({ body: { _csrf: token } })).toEqual(refused)
  })

  test('that is wrong in the header is refused, even with a right one in the body', () => {
    expect(send({ headers: { 'x-csrf-token': 'x' }, body: { _csrf: right } })).toEqual(refused)
  })

  test.each([
    undefined,
    null,
    '',
    right,
    `_csrf=${right}`,
    7,
    [right],
    Buffer.from(right),
    JSON.parse(`{"__proto__": {"_csrf": "${right}"}}`),
    Object.create({ _csrf: right }),
    { constructor: { prototype: { _csrf: right } } },
  ])('is not found in a body without it as an own property: %#', body => {
    expect(send({ body })).toEqual(refused)
  })

  test.each(['__proto__', 'constructor', 'toString'])(
    'is not confused with a property of every object: %s',
    field => {
      expect(send({ body: {} }, { field })).toEqual(refused)
      expect(send({ body: JSON.parse(`{"${field}": "${right}"}`) }, { field })).toBeUndefined()
    },
  )
})

describe('the middleware', () => {
  test('does not catch what the route throws', () => {
    const headers = { 'x-csrf-token': right }
    const request = { method: 'POST', headers, [visitKey]: hostOf('ada') } as never
    const route = (): void => {
      throw new Error('the route failed')
    }
    expect(() => requireFormToken()(request, {} as never, route)).toThrow('the route failed')
  })

  test('gives a clear error when there is no session middleware before it', () => {
    const request = { method: 'POST', headers: { 'x-csrf-token': right } } as never
    const calls: unknown[] = []
    requireFormToken()(request, {} as never, error => void calls.push(error))
    expect(calls).toEqual([expect.objectContaining({ code: 'OPTION_INVALID' })])
  })
})

describe('in an application', () => {
  test('a token works for the forms of its session, until the session is another one', async () => {
    const app = express()
    app.use(session({ secret: 'x'.repeat(32) }), express.urlencoded())
    app.get('/', (request, response) => {
      request.session.views = 1
      response.send(formToken(request))
    })
    app.post('/anew', requireFormToken(), (request, response, next) => {
      request.session.regenerate(error => (error ? next(error) : response.send('done')))
    })
    const port = await serve(app)
    const page = await ask(port)
    const post = (cookie: string, token: string): ReturnType<typeof ask> =>
      ask(port, '/anew', { method: 'POST', headers: { cookie, 'x-csrf-token': token } })
    expect((await post('', page.body)).status).toBe(403)
    const moved = await post(page.cookie, page.body)
    expect([moved.status, moved.body]).toEqual([200, 'done'])
    expect((await post(moved.cookie, page.body)).status).toBe(403)
  })
})

describe('an option', () => {
  test('names another header, in any case, or another field', () => {
    const options = { header: 'X-Form-Token', field: 'token' }
    expect(send({ headers: { 'x-form-token': right } }, options)).toBeUndefined()
    expect(send({ body: { token: right } }, options)).toBeUndefined()
    expect(send({ headers: { 'x-csrf-token': right }, body: { _csrf: right } }, options)).toEqual(refused)
  })

  test.each([
    { header: 'cookie' },
    { header: 'Cookie' },
    { header: '' },
    { header: 'x csrf' },
    { header: 7 },
    { field: '' },
    { field: ['_csrf'] },
    { fields: '_csrf' },
    null,
  ])('that is wrong throws where it is given: %j', options => {
    const make = (): unknown => requireFormToken(options as never)
    expect(make).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
  })
})
