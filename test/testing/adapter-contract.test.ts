import { AssertionError } from 'node:assert'
import { type AdapterClause, type AdapterHarness, adapterContract } from 'sojourn/testing'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { TinyAdapter } from './tiny-adapter.ts'
import { type WrongAdapter, wrongAdapters } from './wrong-adapters.ts'

const honest: AdapterHarness = { open: site => new TinyAdapter(site) }
const contract = adapterContract(honest)
const titleOf = ({ name }: AdapterClause): string => name.replace(/, with a store that answers [a-z ]+$/, '')

describe('an honest adapter without a server keeps the contract', () => {
  for (const clause of contract) test(clause.name, () => clause.run())
})

describe('each clause is seen to fail', () => {
  for (const clause of contract) {
    test(clause.name, async () => {
      for (const wrong of wrongAdapters[titleOf(clause)] ?? []) {
        await expect(clauseOf(clause.name, wrong).run()).rejects.toThrow(AssertionError)
      }
    })
  }

  test('there is a wrong adapter for every clause, and none without one', () => {
    expect(Object.keys(wrongAdapters).toSorted()).toEqual([...new Set(contract.map(titleOf))].toSorted())
  })
})

describe('the contract', () => {
  test('no two clauses share a name', () => {
    expect(new Set(contract.map(({ name }) => name)).size).toBe(contract.length)
  })

  test('each clause opens an application of its own, and closes it when the clause fails too', async () => {
    const events: string[] = []
    const watched: AdapterHarness = {
      open(site) {
        events.push('open')
        const wrong = { request: async () => new Response('wrong', { status: 500 }) }
        return Object.assign(new TinyAdapter(site), wrong, { close: () => void events.push('close') })
      },
    }
    const [first, second] = adapterContract(watched)
    await expect(first?.run()).rejects.toThrow(AssertionError)
    await expect(second?.run()).rejects.toThrow(AssertionError)
    expect(events).toEqual(['open', 'close', 'open', 'close'])
  })

  test('a call of the store that nobody waits for is a broken clause', async () => {
    const wrong: WrongAdapter = ({ site: { options } }) => ({
      open: async visit => {
        await visit.open()
        void options.store.load('unknown')
      },
    })
    const name = 'a logout ends the session and deletes the cookie, with a store that answers later'
    await expect(clauseOf(name, wrong).run()).rejects.toThrow('after the answers')
  })
})

describe('an unhandled rejection', () => {
  const others = process.listeners('unhandledRejection')
  beforeEach(() => void process.removeAllListeners('unhandledRejection'))
  afterEach(() => {
    for (const listener of others) process.on('unhandledRejection', listener)
  })

  test('is a broken clause', async () => {
    const wrong: WrongAdapter = adapter => ({
      run(path, visit) {
        void Promise.reject(new Error('nobody hears of this'))
        return adapter.run(path, visit)
      },
    })
    await expect(clauseOf(contract[0]?.name, wrong).run()).rejects.toThrow('nobody hears of this')
  })
})

test('an answer that never comes is a broken clause', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const running = clauseOf(contract[0]?.name, () => ({ request: () => new Promise(() => undefined) })).run()
  const refused = expect(running).rejects.toThrow('Expected an answer of the application')
  await vi.advanceTimersByTimeAsync(10_000)
  vi.useRealTimers()
  await refused
})

function clauseOf(name: string | undefined, wrong: WrongAdapter): AdapterClause {
  const open: AdapterHarness['open'] = site =>
    Object.assign(new TinyAdapter(site), wrong(new TinyAdapter(site)))
  const clause = adapterContract({ open }).find(each => each.name === name)
  if (clause === undefined) throw new Error(`There is no clause '${name}'.`)
  return clause
}
