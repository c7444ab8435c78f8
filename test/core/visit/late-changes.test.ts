import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { later, type Stage, type TestSession, type TestVisit, writesLater } from '../stage.ts'

let warnings: string[] = []
let stage: typeof import('../stage.ts')['stage']

// A process gives each warning once, so each test loads its own copy of the library.
beforeEach(async () => {
  vi.resetModules()
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  stage = (await import('../stage.ts')).stage
  warnings = []
  vi.spyOn(process, 'emitWarning').mockImplementation((message, options) => {
    warnings.push(`${(options as { readonly code: string }).code}: ${message}`)
  })
})

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** Lets the time pass after which a late change gives its warning. */
async function nextTurn(): Promise<void> {
  vi.advanceTimersByTime(1000)
  for (let turn = 0; turn < 5; turn += 1) await new Promise(resolve => setImmediate(resolve))
}

async function signedIn(theatre: Stage): Promise<ReturnType<Stage['visitor']>> {
  const ada = theatre.visitor()
  await ada.request(session => Object.assign(session, { user: 'ada', cart: { tea: 1 } }))
  return ada
}

type Act = (session: TestSession, visit: TestVisit) => unknown

const afterEnd = /^SOJOURN_TOO_LATE: Expected .*response.*\.$/
const stale = /^SOJOURN_TOO_LATE: Expected .*`req\.session`.*\.$/

/** @see issue 13, point 5 */
describe.each([
  ['answers at once', undefined],
  ['reads at once and writes later', writesLater],
  ['answers later', later],
])('with a store that %s', (_kind, traits) => {
  test.each<[string, RegExp, Act]>([
    ['after the answer', afterEnd, setAfterEnd],
    ['inside an object after the answer', afterEnd, inCart],
    ['inside an object that was taken out before the answer', afterEnd, inHeldCart],
    [
      'while the answer is being stored',
      afterEnd,
      (session, visit) => {
        session.early = 1
        void visit.commit()
        session.late = 1
      },
    ],
    [
      'by a deletion after the answer',
      afterEnd,
      async (session, visit) => {
        await visit.commit()
        delete session.user
      },
    ],
    [
      'after a regenerate that was not awaited',
      stale,
      session => {
        void session.regenerate()
        session.late = 1
      },
    ],
    [
      'after a signOut that was not awaited',
      stale,
      session => {
        void session.signOut()
        session.late = 1
      },
    ],
    [
      'through a variable from before a regenerate',
      stale,
      async session => {
        await session.regenerate()
        session.late = 1
      },
    ],
    [
      'through a variable from before a reload',
      stale,
      async session => {
        await session.reload()
        session.late = 1
      },
    ],
    [
      'through a variable of a destroyed session',
      stale,
      async session => {
        await session.destroy()
        session.late = 1
      },
    ],
  ])('a change %s gives one warning', async (_when, message, act) => {
    const theatre = stage({}, traits)
    for (let round = 0; round < 2; round += 1) {
      const ada = await signedIn(theatre)
      const visit = await ada.arrive()
      visit.session!.seen = round
      await act(visit.session!, visit)
      await nextTurn()
      await visit.commit()
      await nextTurn()
    }
    expect(warnings).toEqual([expect.stringMatching(message)])
  })

  test('a change of a session that is first read after the answer gives a warning', async () => {
    const ada = await signedIn(stage({}, traits))
    const visit = ada.begin()
    await visit.commit()
    await visit.open()
    visit.session!.late = 1
    await nextTurn()
    expect(warnings).toEqual([expect.stringMatching(afterEnd)])
  })

  test('a change that is lost because the session has ended gives none: an event reports it', async () => {
    const theatre = stage({}, traits)
    const ada = await signedIn(theatre)
    const visit = await ada.arrive()
    await ada.request(session => session.destroy())
    Object.assign(visit.session!, { views: 1 })
    const committing = visit.commit()
    Object.assign(visit.session!, { cart: 1 })
    await committing
    await nextTurn()
    expect([warnings, visit.outcome]).toEqual([[], 'revoked'])
  })

  test('a change whose save failed gives none: the application got the error', async () => {
    const theatre = stage({}, traits)
    const ada = await signedIn(theatre)
    const visit = await ada.arrive()
    await visit.commit()
    await ada.request(session => session.destroy())
    Object.assign(visit.session!, { late: 1 })
    await expect(visit.session!.save()).rejects.toThrow()
    await nextTurn()
    expect(warnings).toEqual([])
  })

  test('a change that is saved some time later, as on a socket, gives none', async () => {
    const ada = await signedIn(stage({}, traits))
    const visit = await ada.arrive()
    await visit.commit()
    visit.session!.late = 1
    vi.advanceTimersByTime(900)
    for (let turn = 0; turn < 5; turn += 1) await new Promise(resolve => setImmediate(resolve))
    await visit.session!.save()
    await nextTurn()
    expect(warnings).toEqual([])
  })

  test.each<[string, Act]>([
    [
      'that a save follows',
      async (session, visit) => {
        await visit.commit()
        session.late = 1
        void session.save()
      },
    ],
    [
      'that an update makes',
      async (session, visit) => {
        await visit.commit()
        await session.update(current => void (current.late = 1))
      },
    ],
    [
      'that sets the same value',
      async (session, visit) => {
        await visit.commit()
        session.user = 'ada'
      },
    ],
    [
      'of nothing, because an object is only read',
      async (session, visit) => {
        await visit.commit()
        expect(session.cart).toEqual({ tea: 1 })
      },
    ],
    [
      'between the first byte and the end of a stream',
      async (session, visit) => {
        visit.announce()
        session.late = 1
        await nextTurn()
      },
    ],
    [
      'while a save that is not awaited is under way',
      async session => {
        void session.save()
        session.late = 1
        await nextTurn()
      },
    ],
    [
      'while an update is under way',
      async session => {
        void session.update(current => void (current.views = 1))
        session.late = 1
        await nextTurn()
      },
    ],
  ])('a change %s gives none', async (_when, act) => {
    const ada = await signedIn(stage({}, traits))
    await ada.request(async (session, visit) => {
      session.seen = 1
      await act(session, visit)
    })
    await nextTurn()
    expect(warnings).toEqual([])
  })

  test('an error page that reads a session which could not be stored gives none', async () => {
    const theatre = stage({}, traits)
    const ada = await signedIn(theatre)
    const visit = await ada.arrive()
    visit.session!.views = 1
    theatre.store.next('replace', () => {
      throw new Error('The store is away.')
    })
    await expect((async () => visit.commit())()).rejects.toThrow()
    expect(visit.session!.cart).toEqual({ tea: 1 })
    await nextTurn()
    expect(warnings).toEqual([])
  })
})

async function inCart(session: TestSession, visit: TestVisit): Promise<void> {
  await visit.commit()
  Object.assign(session.cart as object, { milk: 1 })
}

async function inHeldCart(session: TestSession, visit: TestVisit): Promise<void> {
  const { cart } = session
  await visit.commit()
  Object.assign(cart as object, { milk: 1 })
}

async function setAfterEnd(session: TestSession, visit: TestVisit): Promise<void> {
  await visit.commit()
  session.late = 1
}
