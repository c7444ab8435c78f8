import { describe, expect, test } from 'vitest'
import { serve, untilStored } from '../../../src/core/visit/serve.ts'
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

  test('whose session cannot be loaded shows none to the route', async () => {
    const { visitor, store } = stage({}, traits)
    const ada = visitor()
    await ada.request(session => Object.assign(session, { views: 1 }))
    store.fail('load')
    const visit = ada.begin()
    const route = (): unknown => visit.session && expect.unreachable()
    await expect(serve(visit, route)).rejects.toMatchObject({ code: 'STORE_FAILED' })
  })
})

test('a request that never accesses its session calls no store, if the store answers at once', async () => {
  const { visitor, store } = stage()
  const ada = visitor()
  await ada.request(session => Object.assign(session, { views: 1 }))
  store.calls.length = 0
  await serve(ada.begin(), () => 'the page')
  expect(store.calls).toEqual([])
})

test.each([
  ['fail', 'STORE_FAILED'],
  ['send', 'the page'],
] as const)('with onCommitFailure %j a failed save gives %j', async (onCommitFailure, expected) => {
  const { visitor, store } = stage({ onCommitFailure })
  const visit = visitor().begin()
  store.fail('create')
  const route = (): string => {
    Object.assign(visit.session!, { views: 1 })
    return 'the page'
  }
  expect(await serve(visit, route).catch(error => error.code)).toBe(expected)
})

test('a stream gets its cookie before the save, and ends after it', async () => {
  const { visitor, store } = stage({}, later)
  const visit = visitor().begin()
  const chunks = async function* () {
    yield 'first'
    Object.assign(visit.session!, { views: 2 })
    yield 'second'
  }
  const route = (): AsyncIterable<string> => {
    Object.assign(visit.session!, { views: 1 })
    return chunks()
  }
  const stream = await serve(visit, route, () => true)
  expect([store.calls, visit.cookie?.name]).toEqual([[], 'connect.sid'])
  const seen: unknown[] = []
  for await (const chunk of untilStored(visit, stream)) seen.push([chunk, ...store.calls])
  expect([seen, store.calls]).toEqual([[['first'], ['second']], ['create']])
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
