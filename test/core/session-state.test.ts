import { describe, expect, test } from 'vitest'
import { commit, failureOf, known, stores } from './races/two-managers.ts'
import { hour, idOf, later, settle, stage, type TestVisit } from './stage.ts'

/** @see issue 12, point 3: one state of a session, which only an answer of the store changes */
describe.each(stores)('with a failing store that %s', (_kind, traits) => {
  const begun = async (options: Parameters<typeof stage>[0] = {}) => {
    const at = stage(options, traits)
    const ada = await known(at)
    at.store.forgetCalls()
    return { at, ada, visit: await ada.arrive() }
  }

  describe('a sign-in whose removal failed', () => {
    test('can be tried again in the same request', async () => {
      const { at, ada, visit } = await begun()
      const { session } = visit
      at.store.fail('delete')
      expect(await failureOf(() => session!.signIn('ada'))).toBe('STORE_FAILED')
      expect(visit.session).toBe(session)
      await session!.signIn('ada', { keep: ['user'] })
      expect(visit.session).toMatchObject({ subject: 'ada', user: 'ada' })
      await endOf(visit, ada)
      expect(at.store.records()).toMatchObject([{ subject: 'ada' }])
      await ada.request(own => expect(own.subject).toBe('ada'))
    })

    test('can also be tried again when the store removed the session and its answer was lost', async () => {
      const { at, ada, visit } = await begun()
      loseAnswer(at.store, 'delete')
      expect(await failureOf(() => visit.session!.signIn('ada'))).toBe('STORE_FAILED')
      await visit.session!.signIn('ada')
      await endOf(visit, ada)
      await ada.request(own => expect(own.subject).toBe('ada'))
    })

    test('keeps data that the error handler writes into the session', async () => {
      const { at, ada, visit } = await begun()
      at.store.fail('delete')
      expect(await failureOf(() => visit.session!.signIn('ada'))).toBe('STORE_FAILED')
      visit.session!['notice'] = 'Try again.'
      await endOf(visit, ada)
      await ada.request(own => expect(own).toMatchObject({ user: 'ada', notice: 'Try again.' }))
    })
  })

  describe('a sign-out whose removal failed', () => {
    test('leaves the session with the request, and can be tried again', async () => {
      const { at, ada, visit } = await begun()
      at.store.fail('delete')
      expect(await failureOf(() => visit.session!.signOut())).toBe('STORE_FAILED')
      expect(visit.session).toMatchObject({ user: 'ada' })
      await visit.session!.signOut()
      await endOf(visit, ada)
      expect([at.store.records(), ada.cookie]).toEqual([[], undefined])
    })

    test('is no logout: later changes are stored', async () => {
      const { at, ada, visit } = await begun()
      at.store.fail('delete')
      await visit.session!.signOut().catch(() => undefined)
      visit.session!['notice'] = 'Try again.'
      await endOf(visit, ada)
      await ada.request(own => expect(own).toMatchObject({ user: 'ada', notice: 'Try again.' }))
    })
  })

  describe('a regenerate whose removal failed', () => {
    test('does not sign out, and leaves no second session', async () => {
      const { at, ada, visit } = await begun()
      const { id } = ada
      at.store.fail('delete')
      expect(await failureOf(() => visit.session!.regenerate())).toBe('STORE_FAILED')
      expect(visit.session).toMatchObject({ id, user: 'ada' })
      visit.session!['notice'] = 'Try again.'
      await endOf(visit, ada)
      expect([at.store.records().length, ada.id]).toEqual([1, id])
      await ada.request(own => expect(own).toMatchObject({ user: 'ada', notice: 'Try again.' }))
    })

    test('can be tried again, and then the old id is dead', async () => {
      const { at, ada, visit } = await begun()
      const { id, cookie } = ada
      at.store.fail('delete')
      await visit.session!.regenerate().catch(() => undefined)
      await visit.session!.regenerate()
      visit.session!['user'] = 'root'
      await endOf(visit, ada)
      expect([at.store.records().length, ada.id === id]).toEqual([1, false])
      await ada.request(own => expect(own['user']).toBe('root'))
      expect((await at.visitor(cookie).request()).outcome).toBe('revoked')
    })

    test('can also be tried again when its answer was lost', async () => {
      const { at, ada, visit } = await begun()
      loseAnswer(at.store, 'delete')
      await visit.session!.regenerate().catch(() => undefined)
      await visit.session!.regenerate()
      visit.session!['user'] = 'root'
      await endOf(visit, ada)
      await ada.request(own => expect(own['user']).toBe('root'))
    })
  })

  describe('a destroy whose removal failed', () => {
    test('leaves the request without a session, and the commit removes it', async () => {
      const { at, ada, visit } = await begun()
      at.store.fail('delete')
      expect(await failureOf(() => visit.session!.destroy())).toBe('STORE_FAILED')
      expect([visit.session, at.store.records().length]).toEqual([undefined, 1])
      expect((await endOf(visit, ada)).error).toBeUndefined()
      expect([at.store.records(), ada.cookie]).toEqual([[], undefined])
    })

    test('fails the commit when that cannot remove it either, and is no logout', async () => {
      const { at, ada, visit } = await begun()
      at.store.fail('delete')
      at.store.fail('delete')
      void visit.session!.destroy()
      await settle()
      expect(await endOf(visit, ada)).toEqual({ error: 'STORE_FAILED', setCookie: undefined })
      await ada.request(own => expect(own['user']).toBe('ada'))
    })

    test('is not tried again with the behaviour of express-session', async () => {
      const { at, ada, visit } = await begun({ onCommitFailure: 'send' })
      at.store.fail('delete')
      await visit.session!.destroy().catch(() => undefined)
      expect(await endOf(visit, ada)).toEqual({ error: undefined, setCookie: undefined })
      expect(at.store.records()).toHaveLength(1)
    })

    test('is forgotten when the application gives the session back to the request', async () => {
      const { at, ada, visit } = await begun()
      const { session } = visit
      at.store.fail('delete')
      await session!.destroy().catch(() => undefined)
      Object.assign(session!, { notice: 'Try again.' })
      visit.session = session
      await endOf(visit, ada)
      await ada.request(own => expect(own).toMatchObject({ user: 'ada', notice: 'Try again.' }))
    })

    test('ends the old session although the application has begun another', async () => {
      const { at, ada, visit } = await begun()
      const { id } = ada
      at.store.fail('delete')
      await visit.session!.destroy().catch(() => undefined)
      visit.generate()
      visit.session!['user'] = 'bob'
      await endOf(visit, ada)
      expect([at.store.records().length, ada.id === id]).toEqual([1, false])
      await ada.request(own => expect(own['user']).toBe('bob'))
    })
  })

  describe('an explicit save that failed', () => {
    test.each(['create', 'replace'] as const)(
      'and was not awaited is tried again at the commit (%s)',
      async verb => {
        const at = stage({}, traits)
        const ada = verb === 'create' ? at.visitor() : await known(at, { views: 1 })
        const visit = await ada.arrive()
        visit.session!['user'] = 'ada'
        at.store.fail(verb)
        void visit.session!.save()
        expect((await endOf(visit, ada)).error).toBeUndefined()
        await ada.request(own => expect(own['user']).toBe('ada'))
      },
    )

    test.each(['create', 'replace'] as const)(
      'and was caught fails the commit when that fails too (%s)',
      async verb => {
        const at = stage({}, traits)
        const ada = verb === 'create' ? at.visitor() : await known(at, { views: 1 })
        const visit = await ada.arrive()
        visit.session!['user'] = 'ada'
        at.store.fail(verb)
        at.store.fail(verb)
        await visit.session!.save().catch(() => undefined)
        expect(await endOf(visit, ada)).toEqual({ error: 'STORE_FAILED', setCookie: undefined })
      },
    )

    test('of a session that stays empty is tried again, too', async () => {
      const { at, ada, visit } = await begun()
      await visit.session!.regenerate()
      at.store.fail('create')
      await visit.session!.save().catch(() => undefined)
      await endOf(visit, ada)
      expect((await ada.request()).outcome).toBe('found')
    })

    test('is not tried again with the behaviour of express-session, unless something has changed', async () => {
      for (const changes of [{}, { more: 1 }]) {
        const at = stage({ onCommitFailure: 'send', resave: true }, traits)
        const ada = await known(at, { views: 1 })
        const visit = await ada.arrive()
        visit.session!['user'] = 'ada'
        at.store.fail('replace')
        await visit.session!.save().catch(() => undefined)
        Object.assign(visit.session!, changes)
        await endOf(visit, ada)
        const saves = at.store.calls.filter(verb => verb === 'replace')
        expect(saves).toHaveLength('more' in changes ? 2 : 1)
      }
    })

    test('sends the cookie all the same with the behaviour of express-session', async () => {
      const { store, visitor } = stage({ onCommitFailure: 'send' }, traits)
      const visit = await visitor().arrive()
      visit.session!['user'] = 'ada'
      store.fail('create')
      await visit.session!.save().catch(() => undefined)
      expect((await commit(visit)).setCookie).toBeDefined()
      expect(store.calls).toEqual(['create'])
    })
  })

  describe('a new session that the store kept, but whose answer was lost', () => {
    const sent = async (options: Parameters<typeof stage>[0] = {}) => {
      const at = stage(options, traits)
      const ada = at.visitor()
      const visit = await ada.arrive()
      Object.assign(visit.session!, { user: 'ada' })
      const { id } = visit.session!
      loseAnswer(at.store, 'create')
      expect(await failureOf(() => visit.session!.save())).toBe('STORE_FAILED')
      return { at, ada, visit, id }
    }

    test.each([{}, { genid: () => 'apple' }])('is removed by a destroy (%o)', async options => {
      const { at, ada, visit } = await sent(options)
      await visit.session!.destroy()
      await endOf(visit, ada)
      expect(at.store.records()).toEqual([])
    })

    test.each([{}, { genid: () => 'apple' }, { cookie: { maxAge: hour } }])(
      'keeps its id when it is saved again, and exists once (%o)',
      async options => {
        const { at, ada, visit, id } = await sent(options)
        visit.session!['more'] = 1
        await visit.session!.save()
        await endOf(visit, ada)
        expect([at.store.records().length, ada.id]).toEqual([1, id])
        await ada.request(own => expect(own).toMatchObject({ user: 'ada', more: 1 }))
      },
    )

    test('is stored at the end of a response whose cookie has already left', async () => {
      const at = stage({}, traits)
      const ada = at.visitor()
      const visit = await ada.arrive()
      visit.session!['user'] = 'ada'
      ada.keep(visit.announce())
      loseAnswer(at.store, 'create')
      await visit.session!.save().catch(() => undefined)
      expect((await endOf(visit, ada)).error).toBeUndefined()
      await ada.request(own => expect(own['user']).toBe('ada'))
    })

    test('is removed by regenerate', async () => {
      const { at, ada, visit, id } = await sent()
      await visit.session!.regenerate()
      visit.session!['user'] = 'root'
      await endOf(visit, ada)
      expect([at.store.records().length, ada.id === id]).toEqual([1, false])
    })
  })

  describe('an id that `genid` gives twice', () => {
    const twice = async () => {
      const ids = ['apple', 'apple', 'apple', 'apple', 'pear']
      const at = stage({ genid: () => ids.shift() ?? 'plum' }, traits)
      const ada = await known(at)
      expect(ada.id).toBe('apple')
      const eve = at.visitor()
      return { at, ada, eve, visit: await eve.arrive(), ids }
    }

    test('does not end the first session when the second one fails to save and is destroyed', async () => {
      const { at, ada, visit } = await twice()
      visit.session!['user'] = 'eve'
      expect(await failureOf(() => visit.session!.save())).toBe('ID_INVALID')
      await visit.session!.destroy()
      await commit(visit)
      await ada.request(own => expect(own['user']).toBe('ada'))
      expect(at.store.records()).toHaveLength(1)
    })

    test('does not end another session when a sign-in is undone', async () => {
      const { ada, visit, ids } = await twice()
      ids.splice(0, ids.length, 'apple', 'apple', 'apple')
      expect(await failureOf(() => visit.session!.signIn('eve'))).toBe('ID_INVALID')
      await commit(visit)
      await ada.request(own => expect(own['user']).toBe('ada'))
    })

    test.each(['regenerate', 'signOut'] as const)('does not end another session by %s', async method => {
      const { ada, visit } = await twice()
      visit.session!['user'] = 'eve'
      await visit.session!.save().catch(() => undefined)
      await visit.session![method]()
      await commit(visit)
      await ada.request(own => expect(own['user']).toBe('ada'))
    })

    test.each(['destroy', 'regenerate'] as const)(
      'does not end another session when the result of the save is unknown (%s)',
      async method => {
        const { at, ada, visit } = await twice()
        visit.session!['user'] = 'eve'
        at.store.fail('create')
        await visit.session!.save().catch(() => undefined)
        await visit.session![method]()
        await commit(visit)
        await ada.request(own => expect(own['user']).toBe('ada'))
      },
    )

    test('is replaced by a free one, however often `genid` repeats it', async () => {
      const { at, ada, eve, visit, ids } = await twice()
      ids.splice(0, ids.length, 'pear')
      visit.session!['user'] = 'eve'
      at.store.fail('create')
      await visit.session!.save().catch(() => undefined)
      await endOf(visit, eve)
      expect([ada.id, eve.id]).toEqual(['apple', 'pear'])
      await ada.request(own => expect(own['user']).toBe('ada'))
      await eve.request(own => expect(own['user']).toBe('eve'))
    })

    test('may be the same again after regenerate, as in express-session', async () => {
      const at = stage({ genid: () => 'apple' }, traits)
      const ada = await known(at)
      await ada.request(async (session, visit) => {
        await session.regenerate()
        visit.session!['user'] = 'root'
      })
      expect([ada.id, at.store.records().length]).toEqual(['apple', 1])
      await ada.request(own => expect(own['user']).toBe('root'))
    })
  })
})

test('a destroy after a slow save of a new session leaves nothing', async () => {
  const at = stage({ deadline: '1s' }, later)
  const ada = at.visitor()
  const visit = await ada.arrive()
  visit.session!['user'] = 'ada'
  const gate = at.store.holdAnswer('create')
  const saving = failureOf(() => visit.session!.save())
  await gate.reached
  at.clock.advance(1000)
  expect(await saving).toBe('STORE_TIMED_OUT')
  await visit.session!.destroy()
  gate.open()
  const { setCookie } = await commit(visit)
  expect([at.store.records(), idOf(setCookie)]).toEqual([[], ''])
})

/** Makes the store run the next call of a verb and lose the answer. */
function loseAnswer(store: ReturnType<typeof stage>['store'], verb: 'create' | 'delete'): void {
  store.next(verb, work => {
    work()
    throw new Error('the connection was lost')
  })
}

/** Commits a request, and gives its cookie to the browser. */
async function endOf(visit: TestVisit, visitor: { keep(setCookie: string | undefined): void }) {
  const answer = await commit(visit)
  visitor.keep(answer.setCookie)
  return answer
}
