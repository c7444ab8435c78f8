import { describe, expect, test } from 'vitest'
import { exclusiveGuard } from '../../../src/core/guards/exclusive.ts'
import { formTokenGuard } from '../../../src/core/guards/form-token.ts'
import type { Guard, GuardedRequest } from '../../../src/core/guards/guard.ts'
import { passiveGuard } from '../../../src/core/guards/passive.ts'
import { sameOriginGuard } from '../../../src/core/guards/same-origin.ts'
import { sessionGuard, subjectGuard } from '../../../src/core/guards/signed-in.ts'
import { stage, type TestVisit } from '../stage.ts'

type Headers = Readonly<Record<string, string>>

function requestOf(visit: TestVisit | undefined, headers: Headers = {}, method = 'GET'): GuardedRequest {
  const { sessions } = stage()
  const request = { method, isEncrypted: true, header: (name: string) => headers[name], visit, sessions }
  return request as unknown as GuardedRequest
}

describe('a guard', () => {
  test.each<[string, Guard]>([
    ['sessionGuard', sessionGuard()],
    ['subjectGuard', subjectGuard()],
    ['exclusiveGuard', exclusiveGuard()],
    ['formTokenGuard', formTokenGuard()],
    ['passiveGuard', passiveGuard],
  ])('(%s) says that a request without a visit is wrong', async (_name, guard) => {
    const judge = async (): Promise<unknown> => guard(requestOf(undefined, {}, 'POST'))
    await expect(judge()).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      message: expect.stringContaining('a request that has its `visit`'),
    })
  })

  test('answers nothing for a request that may go on, and otherwise how to refuse it', async () => {
    const { visitor } = stage()
    const ada = visitor()
    const stranger = await ada.arrive()
    expect(await subjectGuard()(requestOf(stranger))).toEqual({
      status: 401,
      headers: {
        'Cache-Control': 'no-store',
        'Content-Type': 'text/plain; charset=utf-8',
        'WWW-Authenticate': 'Session',
      },
      body: 'Sign in first.\n',
    })
    expect(await subjectGuard({ redirect: '/in' })(requestOf(stranger))).toMatchObject({
      status: 303,
      headers: { Location: '/in' },
    })
    await ada.request(session => session.signIn('ada'))
    expect(await subjectGuard()(requestOf(await ada.arrive()))).toBeUndefined()
  })

  test('of origins asks for no visit, and hands out the error for an error handler', () => {
    const foreign = requestOf(undefined, { 'sec-fetch-site': 'cross-site' }, 'POST')
    expect(sameOriginGuard()(foreign)).toMatchObject({ status: 403, error: { code: 'CROSS_SITE' } })
    const own = requestOf(undefined, { 'sec-fetch-site': 'same-origin' }, 'POST')
    expect(sameOriginGuard()(own)).toBeUndefined()
  })
})
