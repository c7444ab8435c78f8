import { describe, expect, test } from 'vitest'
import { isHandle, summaryOf } from '../../../src/core/engine/subjects.ts'
import type { SessionFacts, SessionRecord } from '../../../src/core/record/store.ts'
import { minute, type Stage, stage, type Visitor } from '../stage.ts'

const handle = `${'-_09azAZ'.repeat(5)}abc`
const facts: SessionFacts = {
  ...{ key: handle, version: 3, createdAt: 1, touchedAt: 3, expiresAt: 9, subject: 'ada' },
  ...{ authenticatedAt: 2, epoch: 0, rotation: '{"current":"secret"}' },
  device: '{"userAgent":"Browser/1.0","address":"192.0.2.7"}',
}

describe('a handle', () => {
  test('has 43 letters, digits, dashes and underscores', () => {
    expect(isHandle(handle)).toBe(true)
    expect(isHandle(stage().sessions.handleOf('any id'))).toBe(true)
  })

  test.each([
    ...['', handle.slice(1), `${handle}a`, `${handle}\n`, `${handle.slice(1)}.`, `${handle.slice(1)}=`],
    ...[`${handle.slice(1)}é`, ` ${handle.slice(1)}`, '__proto__', undefined, null, 43, true, {}, [handle]],
    ...[new String(handle), { toString: () => handle }, Buffer.from(handle), Symbol(handle)],
  ])('%o is not one', value => {
    expect(isHandle(value)).toBe(false)
  })
})

describe('a summary', () => {
  test('has the facts for display, and nothing that opens a session', () => {
    expect(summaryOf(facts)).toEqual({
      ...{ handle, subject: 'ada', createdAt: 1, authenticatedAt: 2, lastActiveAt: 3, expiresAt: 9 },
      device: { userAgent: 'Browser/1.0', address: '192.0.2.7' },
    })
    const record: SessionRecord = { ...facts, data: '{"password":"secret"}' }
    expect(JSON.stringify(summaryOf(record))).not.toContain('secret')
  })

  test('of an anonymous session has no subject', () => {
    const anonymous = { ...facts, subject: undefined, authenticatedAt: undefined, device: undefined }
    expect(summaryOf(anonymous)).toMatchObject({
      subject: undefined,
      authenticatedAt: undefined,
      device: {},
    })
  })
})

describe('the sessions of a subject', () => {
  test('the most recently active comes first, whichever signed in last', async () => {
    const at = stage()
    const [one, two, three] = [await signedIn(at), await signedIn(at), await signedIn(at)]
    for (const visitor of [two, three, one]) {
      at.clock.advance(2 * minute)
      await visitor.request()
    }
    expect(await handlesOf(at)).toEqual([one, three, two].map(({ id }) => at.sessions.handleOf(id)))
  })

  test('sessions of other subjects, anonymous ones and expired ones are not listed', async () => {
    const at = stage({ absolute: '1h' })
    await signedIn(at)
    at.clock.advance(30 * minute)
    const mine = await signedIn(at)
    await signedIn(at, 'bob')
    await at.visitor().request(session => Object.assign(session, { cart: 1 }))
    at.clock.advance(30 * minute)
    expect(await handlesOf(at)).toEqual([at.sessions.handleOf(mine.id)])
  })

  test('records that a store lists by mistake are left out', async () => {
    const at = stage()
    const mine = await signedIn(at)
    const bob = await signedIn(at, 'bob')
    const sessions = at.store.records()
    expect(sessions).toHaveLength(2)
    at.store.next('list the sessions of a subject', () => ({ sessions, epoch: undefined }) as never)
    expect(await handlesOf(at)).toEqual([at.sessions.handleOf(mine.id)])
    expect(await at.sessions.of('ada').endAll()).toBe(1)
    expect((await bob.request()).outcome).toBe('found')
  })

  test('a session below the line is not listed, not found and not opened', async () => {
    const at = stage()
    const mine = await signedIn(at)
    const { key } = at.store.records()[0]!
    drawLine(at)
    expect(await handlesOf(at)).toEqual([])
    expect(await at.sessions.find(key)).toBeUndefined()
    expect((await mine.request()).outcome).toBe('revoked')
  })

  test('the one that the line spares goes on', async () => {
    const at = stage()
    const mine = await signedIn(at)
    const other = await signedIn(at)
    const key = at.sessions.handleOf(mine.id)
    drawLine(at, key)
    expect(await handlesOf(at)).toEqual([key])
    expect((await mine.request()).outcome).toBe('found')
    expect((await other.request()).outcome).toBe('revoked')
  })

  test('a sign-in after the line counts, even in the same millisecond', async () => {
    const at = stage()
    drawLine(at)
    const late = await signedIn(at)
    expect(await handlesOf(at)).toEqual([at.sessions.handleOf(late.id)])
    expect((await late.request()).outcome).toBe('found')
  })

  test('a line of another subject ends nothing', async () => {
    const at = stage()
    const mine = await signedIn(at)
    await at.sessions.of('bob').endAll()
    expect((await mine.request()).outcome).toBe('found')
  })

  test('an anonymous session costs no read of a line', async () => {
    const at = stage()
    const visitor = at.visitor()
    await visitor.request(session => Object.assign(session, { cart: 1 }))
    at.store.forgetCalls()
    await visitor.request()
    expect(at.store.calls).toEqual(['load'])
  })

  test('two lines in one millisecond both count, even for a session that the store did not remove', async () => {
    const at = stage()
    await at.sessions.of('ada').endAll()
    const between = await signedIn(at)
    at.store.next('end sessions of a subject', () => [] as never)
    expect(await at.sessions.of('ada').endAll()).toBe(0)
    expect((await between.request()).outcome).toBe('revoked')
  })
})

async function signedIn({ visitor }: Stage, subject = 'ada'): Promise<Visitor> {
  const arrived = visitor()
  await arrived.request(session => session.signIn(subject))
  return arrived
}

async function handlesOf({ sessions }: Stage): Promise<string[]> {
  return (await sessions.of('ada').list()).map(summary => summary.handle)
}

/** The state of a store after a process that ran `endAll` was killed before it removed a record. */
function drawLine({ store, clock }: Stage, except?: string): void {
  const now = clock.now()
  const next = { epoch: now + 1, except, expiresAt: now + 60 * minute }
  store.inner.exchangeEpoch({ subject: 'ada', next, expected: undefined })
}
