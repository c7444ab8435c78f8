import express from 'express'
import session, { requireRecentSignIn, requireSession, requireSubject } from 'sojourn'
import { fakeClock } from 'sojourn/testing'
import { describe, expect, test } from 'vitest'
import { ask } from '../support/http-client.ts'
import { serve } from '../support/servers.ts'

const minute = 60_000

async function open() {
  const clock = fakeClock()
  const app = express()
  app.use(session({ secret: 'a secret that only these tests know', clock }))
  app.get('/visit', (request, response) => {
    Object.assign(request.session, { cart: 1 })
    response.end()
  })
  app.get('/sign-in', async (request, response) => {
    await request.session.signIn('ada')
    response.end()
  })
  app.get('/session', requireSession(), (_request, response) => void response.end('in'))
  app.get('/subject', requireSubject(), (_request, response) => void response.end('in'))
  app.get('/recent', requireRecentSignIn('10m'), (_request, response) => void response.end('in'))
  app.get(
    '/moved',
    requireSubject({ redirect: '/sign-in?next=/moved' }),
    (_request, response) => void response.end('in'),
  )
  const port = await serve(app)
  const get = (path: string, cookie = '') => ask(port, path, { headers: { cookie } })
  return { clock, get }
}

describe('a guard', () => {
  test('answers 401 to a stranger, with a response that no cache may keep', async () => {
    const { get } = await open()
    for (const path of ['/session', '/subject', '/recent']) {
      const { status, headers, body, cookies } = await get(path)
      expect([status, body, headers['cache-control'], cookies]).toEqual([
        401,
        'Sign in first.\n',
        'no-store',
        [],
      ])
      expect(headers['www-authenticate']).toBeDefined()
    }
  })

  test('`requireSession` lets in every visitor with a session, `requireSubject` only signed-in ones', async () => {
    const { get } = await open()
    const { cookie } = await get('/visit')
    expect((await get('/session', cookie)).body).toBe('in')
    expect((await get('/subject', cookie)).status).toBe(401)
    const signedIn = await get('/sign-in', cookie)
    expect((await get('/subject', signedIn.cookie)).body).toBe('in')
  })

  test('checks the real sign-in, and not data under the same names', async () => {
    const app = express()
    app.use(session({ secret: 'a secret that only these tests know' }))
    app.get('/claim', (request, response) => {
      Object.assign(request.session, { subject: 'root', authenticatedAt: Date.now(), handle: 'x' })
      response.end()
    })
    app.get('/sign-in', async (request, response) => {
      await request.session.signIn('ada')
      Object.assign(request.session, { subject: null, authenticatedAt: 0 })
      response.end()
    })
    app.get('/subject', requireSubject(), (_request, response) => void response.end('in'))
    app.get('/recent', requireRecentSignIn('10m'), (_request, response) => void response.end('in'))
    const port = await serve(app)
    const get = async (path: string, cookie: string) =>
      (await ask(port, path, { headers: { cookie } })).status
    const claimed = (await ask(port, '/claim')).cookie
    expect([await get('/subject', claimed), await get('/recent', claimed)]).toEqual([401, 401])
    const { cookie } = await ask(port, '/sign-in')
    expect([await get('/subject', cookie), await get('/recent', cookie)]).toEqual([200, 200])
  })

  test('of a recent sign-in refuses a sign-in that is as long ago as the span', async () => {
    const { get, clock } = await open()
    const { cookie } = await get('/sign-in')
    clock.advance(10 * minute - 1)
    expect((await get('/recent', cookie)).body).toBe('in')
    clock.advance(1)
    expect((await get('/recent', cookie)).status).toBe(401)
  })

  test('redirects a visitor to the page of the option', async () => {
    const { get } = await open()
    const { status, headers, body } = await get('/moved')
    expect([status, headers.location, body]).toEqual([303, '/sign-in?next=/moved', ''])
  })

  test.each([{ redirect: '' }, { redirect: '/a\r\nb' }, { redirect: 7 }, { redirec: '/' }])(
    'with a wrong option throws where it is given: %j',
    options => {
      const invalid = expect.objectContaining({ code: 'OPTION_INVALID' })
      expect(() => requireSession(options as never)).toThrow(invalid)
      expect(() => requireRecentSignIn('10m', options as never)).toThrow(invalid)
    },
  )

  test('of a recent sign-in throws for an invalid span', () => {
    expect(() => requireRecentSignIn('10 minutes')).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID' }),
    )
  })
})
