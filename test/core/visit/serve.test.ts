import { describe, expect, test } from 'vitest'
import { serve } from '../../../src/core/visit/serve.ts'
import { atOnce, later, stage } from '../stage.ts'

describe.each([
  ['answers at once', atOnce],
  ['answers later', later],
])('a whole request, with a store that %s', (_kind, traits) => {
  test('is answered after its session is stored', async () => {
    const { visitor, store } = stage({}, traits)
    const visit = visitor().begin()
    const answer = await serve(visit, () => {
      Object.assign(visit.session!, { views: 1 })
      return 'the page'
    })
    expect([answer, store.calls, visit.setCookie]).toEqual(['the page', ['create'], expect.any(String)])
  })

  test('whose route throws is stored all the same, and rejects with the route’s error', async () => {
    const { visitor, store } = stage({}, traits)
    const visit = visitor().begin()
    const route = (): never => {
      Object.assign(visit.session!, { views: 1 })
      throw new Error('the route')
    }
    await expect(serve(visit, route)).rejects.toThrow('the route')
    expect([store.calls, visit.setCookie]).toEqual([['create'], expect.any(String)])
  })

  test('that cannot be stored gives no answer and no cookie', async () => {
    const { visitor, store } = stage({}, traits)
    const visit = visitor().begin()
    store.fail('create')
    const route = (): unknown => Object.assign(visit.session!, { views: 1 })
    await expect(serve(visit, route)).rejects.toMatchObject({ code: 'STORE_FAILED' })
    expect(visit.setCookie).toBeUndefined()
  })

  test('whose session cannot be loaded runs no route', async () => {
    const { visitor, store } = stage({}, traits)
    const ada = visitor()
    await ada.request(session => Object.assign(session, { views: 1 }))
    store.fail('load')
    await expect(serve(ada.begin(), () => expect.unreachable())).rejects.toMatchObject({
      code: 'STORE_FAILED',
    })
  })
})

test('a second commit waits for the first, and has the same result', async () => {
  const { visitor, store } = stage({}, later)
  const visit = await visitor().arrive()
  Object.assign(visit.session!, { views: 1 })
  const first = visit.commit()
  await visit.commit()
  expect([store.calls, visit.setCookie]).toEqual([['create'], expect.any(String)])
  await first

  const failing = await visitor().arrive()
  Object.assign(failing.session!, { views: 1 })
  store.fail('create')
  const commit = async (): Promise<void> => failing.commit()
  const outcomes = await Promise.allSettled([commit(), commit()])
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
})
