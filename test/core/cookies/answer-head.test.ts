import { describe, expect, test } from 'vitest'
import { bodyHeaders, parseSetCookie, withSessionCookie } from '../../../src/core/cookies/answer-head.ts'
import { stage } from '../stage.ts'

const cookie = 'sid=1; Path=/; HttpOnly'

describe('the head of an answer that carries the session’s cookie', () => {
  test('keeps other cookies, and carries one of ours', () => {
    const { cookies } = withSessionCookie(
      { cookies: ['a=1', 'sid=0; Path=/', 'sidecar=1'], cacheControl: '' },
      cookie,
    )
    expect(cookies).toEqual(['a=1', 'sidecar=1', cookie])
  })

  test.each([
    [undefined, 'no-store', false],
    ['private, max-age=60', 'private, max-age=60', false],
    ['public, max-age=60', 'public, max-age=60', true],
    ['S-MAXAGE=60', 'S-MAXAGE=60', true],
    ['', '', false],
  ])('with Cache-Control %j says %j', (chosen, cacheControl, isShared) => {
    expect(withSessionCookie({ cookies: [], cacheControl: chosen }, cookie)).toEqual({
      ...{ cookies: [cookie], cacheControl, isShared },
    })
  })

  test('names every header that would redirect the visitor, or describe a body that is not sent', () => {
    expect(bodyHeaders).toEqual(
      expect.arrayContaining(['location', 'etag', 'content-length', 'content-type']),
    )
  })
})

describe('a cookie as data', () => {
  test('contains everything that the header contains', async () => {
    const options = {
      domain: 'shop.example',
      maxAge: 60_000,
      secure: true,
      sameSite: 'lax',
      priority: 'high',
    } as const
    const { visitor, clock } = stage({ cookie: { ...options, partitioned: true } })
    const visit = await visitor().request(session => Object.assign(session, { views: 1 }))
    const { name, value, attributes } = parseSetCookie(visit.setCookie ?? '')
    expect([name, value]).toEqual(['connect.sid', `s:${visit.id}.${value.slice(value.lastIndexOf('.') + 1)}`])
    expect(attributes).toEqual({
      ...{ domain: 'shop.example', path: '/', httpOnly: true, secure: true, partitioned: true },
      ...{ sameSite: 'lax', priority: 'high', maxAge: 60, expires: new Date(clock.now() + 60_000) },
    })
    expect(visit.cookie).toEqual({ name, value, attributes })
  })

  test('shows that the browser is to delete it', async () => {
    const { visitor } = stage()
    const ada = visitor()
    await ada.request(session => Object.assign(session, { views: 1 }))
    const visit = await ada.request(session => session.destroy())
    expect(visit.cookie).toMatchObject({ value: '', attributes: { maxAge: 0, expires: new Date(0) } })
  })

  test('is undefined when no cookie is sent', async () => {
    const { visitor } = stage()
    expect((await visitor().request()).cookie).toBeUndefined()
  })
})
