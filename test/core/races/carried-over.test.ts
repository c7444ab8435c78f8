import { describe, expect, test } from 'vitest'
import type { SessionsOptions } from '../../../src/core/policy/options.ts'
import { type Anything, idOf, type TestSession } from '../stage.ts'
import { commit, failureOf, known, stored, stores, twoManagers } from './two-managers.ts'

/** @see issue 13, point 2: what `keep` carries over is what is stored */

const ways: readonly (readonly [string, (session: TestSession) => Promise<void>])[] = [
  ['signIn', session => session.signIn('ada', { keep: ['cart', 'own'] })],
  ['signOut', session => session.signOut({ keep: ['cart', 'own'] })],
]
const addTea = (session: TestSession): Promise<unknown> =>
  session.update((own: Anything) => void (own['cart'] = 'tea'))

describe.each(stores)('with a store that %s', (_kind, traits) => {
  describe.each(ways)('%s with `keep`', (_name, leave) => {
    const begun = async (options: Partial<SessionsOptions> = {}) => {
      const at = twoManagers(options, traits)
      const ada = await known(at, { cart: 'milk', user: 'ada' })
      const visit = await ada.arrive()
      Object.assign(visit.session as TestSession, { own: 'change' })
      return { at, ada, visit }
    }

    test('carries over data that another request stored since this one began', async () => {
      const { at, ada, visit } = await begun()
      await at.elsewhere(ada).request(addTea)
      await leave(visit.session as TestSession)
      const { error } = await commit(visit)
      expect([error, stored(at.store)]).toEqual([undefined, { cart: 'tea', own: 'change' }])
    })

    test('carries over data that another request stores just before the removal', async () => {
      const { at, ada, visit } = await begun()
      const gate = at.store.hold('replace')
      const leaving = leave(visit.session as TestSession)
      await gate.reached
      await at.elsewhere(ada).request(addTea)
      gate.open()
      await leaving
      expect([(await commit(visit)).error, stored(at.store)]).toEqual([
        undefined,
        { cart: 'tea', own: 'change' },
      ])
    })

    test('ends the session for later requests, under each of its ids', async () => {
      const { at, ada, visit } = await begun()
      const slow = await at.elsewhere(ada).arrive()
      await leave(visit.session as TestSession)
      const { setCookie } = await commit(visit)
      expect((await at.elsewhere(ada).arrive()).outcome).not.toBe('found')
      Object.assign(slow.session as TestSession, { slow: true })
      await commit(slow)
      expect([slow.outcome, idOf(setCookie) === ada.id, at.store.records().length]).toEqual([
        'revoked',
        false,
        1,
      ])
    })

    test('fails when another request has ended the session before, and carries nothing over', async () => {
      const { at, ada, visit } = await begun()
      await at.elsewhere(ada).request(session => session.destroy())
      const error = await failureOf(() => leave(visit.session as TestSession))
      expect(error).toBe(leave.toString().includes('signIn') ? 'SESSION_GONE' : undefined)
    })

    test('can be called again after an answer of the store was lost', async () => {
      const { at, visit } = await begun()
      at.store.next('replace', async work => {
        await work()
        throw new Error('the answer is lost')
      })
      expect(await failureOf(() => leave(visit.session as TestSession))).toBe('STORE_FAILED')
      await leave(visit.session as TestSession)
      expect([(await commit(visit)).error, stored(at.store)]).toEqual([
        undefined,
        { cart: 'milk', own: 'change' },
      ])
    })
  })
})
