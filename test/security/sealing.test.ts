import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { SessionsOptions } from '../../src/core/policy/options.ts'
import type { SessionRecord } from '../../src/core/record/store.ts'
import { hearEvents, namesOf } from '../core/heard-events.ts'
import { minute } from '../core/stage.ts'
import { type Application, idIn, newKey, oldKey, plainSecret, presented, Vault, vaults } from './vault.ts'

const treasure = 'the treasure lies under the third oak'
const keys = [newKey]
const sealed = (seal: 'server' | 'visitor'): Partial<SessionsOptions> => ({ keys, seal })

describe('a dump of the store (F1)', () => {
  test.each([
    ['plain secrets', { secret: plainSecret }],
    ['keys', { keys }],
    ['sealed for the server', sealed('server')],
    ['sealed for the visitor', sealed('visitor')],
    ['keys beside a secret', { keys, secret: plainSecret }],
    ['sealed by a plain secret', { secret: plainSecret, seal: 'server' }],
  ] as [string, Partial<SessionsOptions>][])(
    'no string in it opens a session as a cookie, however it is dressed up: %s',
    async (_mode, options) => {
      const vault = new Vault()
      const application = vault.start(options)
      const cookies = await populate(application)
      const strings = await dumpOf(vault)
      expect(strings.size).toBeGreaterThan(30)
      for (const cookie of cookies) expect((await presented(application, cookie)).outcome).toBe('found')
      for (const text of strings) {
        for (const value of dressed(text)) {
          const { outcome, names } = await presented(application, `connect.sid=${value}`)
          expect([outcome, names]).toEqual([expect.stringMatching(/^(tampered|none)$/), []])
        }
      }
    },
    60_000,
  )

  test('neither an id, nor a cookie, nor a signature stands in it, also after rotations', async () => {
    for (const options of [{ keys }, sealed('server'), sealed('visitor')]) {
      const vault = new Vault()
      const cookies = await populate(vault.start(options))
      const dump = [...(await dumpOf(vault)), ...vault.store.seen].join('\n')
      for (const cookie of cookies) {
        const id = idIn(cookie)
        for (const part of [cookie, id, ...id.split('~'), String(cookie).slice(-43)]) {
          expect(dump).not.toContain(part)
        }
      }
    }
  })
})

describe('data in a dump (F2)', () => {
  test.each(['server', 'visitor'] as const)('nothing of it can be read in mode %s', async seal => {
    const vault = new Vault()
    await vault.start(sealed(seal)).newcomer({ note: treasure, user: 'ada@example.org' })
    const { data } = vault.record
    expect(data).toBeInstanceOf(Uint8Array)
    const all = [Buffer.from(data as Uint8Array).toString('latin1'), ...vault.store.seen].join('\n')
    for (const part of ['treasure', 'oak', 'note', 'ada@', 'example']) expect(all).not.toContain(part)
  })

  test('with the keys and without the cookie, what is sealed for the visitor stays closed', async () => {
    const vault = new Vault()
    await vault.start(sealed('visitor')).newcomer({ note: treasure })
    const thief = vault.start(sealed('visitor'))
    const mallory = await thief.newcomer({ note: 'mine' })
    const [stolen, own] = vault.store.records() as [SessionRecord, SessionRecord]
    // Whoever has keys and database still has no id but his own.
    vault.forge(own, { ...stolen, key: own.key })
    expect(await presented(thief, mallory.cookie)).toEqual({ outcome: 'tampered', names: [] })
  })

  test('with the keys and without the cookie, what is sealed for the server opens, as the page says', async () => {
    const vault = new Vault()
    const application = vault.start(sealed('server'))
    const ada = await application.newcomer({ note: treasure })
    await vault
      .start(sealed('visitor'))
      .visitor(ada.cookie)
      .request(session => {
        expect(session['note']).toBe(treasure)
      })
  })
})

describe.each(vaults)('data that was moved (F3), sealed for the $seal, in $kind', ({ seal, traits }) => {
  test('into the record of somebody else', async () => {
    const vault = new Vault(traits)
    const application = vault.start(sealed(seal))
    const ada = await application.newcomer({ note: treasure })
    const stolen = vault.record
    const mallory = await application.newcomer({ note: 'mine' })
    const own = vault.store.records().find(({ key }) => key !== stolen.key) as SessionRecord
    vault.forge(own, { data: stolen.data })
    await expectTampered(vault, application, mallory.cookie)
    expect(await presented(application, ada.cookie)).toEqual({ outcome: 'found', names: ['note'] })
  })

  test('into another application on the same store, under the same keys', async () => {
    const vault = new Vault(traits)
    const [one, other] = [
      vault.start({ ...sealed(seal), name: 'one' }),
      vault.start({ ...sealed(seal), name: 'other' }),
    ]
    await one.newcomer({ role: 'admin' })
    const stolen = vault.record
    const mallory = await other.newcomer({ role: 'guest' })
    const own = vault.store.records().find(({ key }) => key !== stolen.key) as SessionRecord
    vault.forge(own, { ...stolen, key: own.key })
    await expectTampered(vault, other, mallory.cookie)
  })

  test('from an earlier version of the same record', async () => {
    const vault = new Vault(traits)
    const application = vault.start(sealed(seal))
    const ada = await application.newcomer({ credit: 100 })
    const earlier = vault.record
    await ada.request(session => Object.assign(session, { credit: 0 }))
    vault.forge(vault.record, { data: earlier.data })
    await expectTampered(vault, application, ada.cookie)
  })

  const signedIn = { subject: 'ada', authenticatedAt: 5, epoch: 0 }
  test.each([
    ['another subject', { subject: 'the administrator' }],
    ['no subject', { subject: undefined }],
    ['an empty subject', { subject: '' }],
    ['a subject and its time exchanged', { subject: '5', authenticatedAt: signedIn.subject }],
    ['a later sign-in', { authenticatedAt: Date.UTC(2040, 0) }],
    ['no sign-in', { authenticatedAt: undefined }],
    ['a later beginning', { createdAt: Date.UTC(2040, 0) }],
    ['a beginning that is no number', { createdAt: Number.NaN }],
    ['a beginning that is text', { createdAt: '5' }],
    ['a higher epoch', { epoch: 7 }],
    ['a negative zero for an epoch', { epoch: -0 }],
    ['a higher version', { version: 9 }],
    ['a version that is text', { version: '1' }],
    ['no bytes', { data: new Uint8Array() }],
    ['bytes that are no envelope', { data: new Uint8Array(100) }],
  ] as [string, Partial<Record<keyof SessionRecord, unknown>>][])('%s', async (_what, changes) => {
    const vault = new Vault(traits)
    const application = vault.start(sealed(seal))
    const ada = await application.newcomer({ note: treasure })
    await ada.request(session => session.signIn('ada'))
    vault.forge(vault.record, changes)
    await expectTampered(vault, application, ada.cookie)
  })

  test.each([
    ['null for a beginning', { createdAt: null }],
    ['null for a subject', { subject: null }],
    ['an object for a subject', { subject: { $ne: 1 } }],
    ['null for a sign-in', { authenticatedAt: null }],
    ['true for a version', { version: true }],
    ['a bigint for an epoch', { epoch: 0n }],
    ['a symbol for an epoch', { epoch: Symbol('epoch') }],
  ] as [string, Partial<Record<keyof SessionRecord, unknown>>][])(
    'a field of a kind that no store was given is no session, no crash, and no reason to remove it: %s',
    async (_what, changes) => {
      const vault = new Vault(traits)
      const application = vault.start(sealed(seal))
      const ada = await application.newcomer({ note: treasure })
      const { record } = vault
      vault.store.next('load', () => ({ ...record, ...changes }) as never)
      const heard = hearEvents()
      expect(await presented(application, ada.cookie)).toEqual({ outcome: 'tampered', names: [] })
      expect(namesOf(heard)).toEqual(['tampered'])
      expect(vault.record).toEqual(record)
    },
  )

  test.each([
    ['none', undefined],
    ['text', 'nonsense'],
    ['a list', '[]'],
    ['an empty note', '{}'],
    ['another kind', 7],
    ['null', null],
    ['a note without an id', JSON.stringify({ current: 'x', rotatedAt: 1, hops: [] })],
  ])('a note of ids that somebody has changed to %s leads nobody in', async (_what, rotation) => {
    const vault = new Vault(traits)
    const application = vault.start(sealed(seal))
    const ada = await application.newcomer({ note: treasure })
    const firstCookie = ada.cookie
    await ada.request(session => session.rotate())
    const { record } = vault
    for (const cookie of [firstCookie, ada.cookie]) {
      vault.store.next('load', () => ({ ...record, rotation }) as never)
      const { outcome, names } = await presented(application, cookie)
      expect([outcome, names]).toEqual([expect.stringMatching(/^(tampered|replayed|missing|revoked)$/), []])
    }
  })

  test('the note of ids from before a rotation does not bring the id back that was given up', async () => {
    const vault = new Vault(traits)
    const application = vault.start(sealed(seal))
    const ada = await application.newcomer({ note: treasure })
    const [given, before] = [ada.cookie, vault.record]
    await ada.request(session => session.rotate())
    vault.clock.advance(minute)
    vault.forge(vault.record, { rotation: before.rotation })
    await expectTampered(vault, application, given)
  })

  test('a longer grace for an id that was given up does not let it in', async () => {
    const vault = new Vault(traits)
    const application = vault.start(sealed(seal))
    const ada = await application.newcomer({ note: treasure })
    const given = ada.cookie
    await ada.request(session => session.rotate())
    vault.clock.advance(minute)
    const { record } = vault
    const rotation = record.rotation?.replace(/"until":\d+/, '"until":9999999999999')
    expect(rotation).not.toBe(record.rotation)
    vault.forge(record, { rotation })
    await expectTampered(vault, application, given)
  })

  test.each([
    ['JSON', '{"role":"admin"}'],
    ['structured text', '[{"role":1},"admin"]'],
    ['nothing', ''],
    ['null', null],
    ['an object', { role: 'admin' }],
    ['a list of numbers', [123, 125]],
  ])('data that nobody has sealed is refused, and left where it is: %s', async (_what, data) => {
    const vault = new Vault(traits)
    const application = vault.start(sealed(seal))
    const ada = await application.newcomer({ role: 'guest' })
    vault.store.next('load', () => ({ ...vault.record, data }) as never)
    const heard = hearEvents()
    expect(await presented(application, ada.cookie)).toEqual({ outcome: 'tampered', names: [] })
    expect(namesOf(heard)).toEqual(['tampered'])
    expect(vault.store.records()).toHaveLength(1)
  })

  test('what was sealed by a key that is not here is refused, and left where it is', async () => {
    const vault = new Vault(traits)
    const ada = await vault.start({ keys: [oldKey], seal }).newcomer({ note: treasure })
    const stranger = { id: oldKey.id, secret: 'a key of the same id and another secret: it signs no cookie' }
    const other = vault.start({ keys: [newKey, stranger], seal })
    expect(await presented(other, ada.cookie)).toEqual({ outcome: 'tampered', names: [] })
    const back = vault.start({ keys: [oldKey, newKey], seal })
    const bea = await vault.start({ keys: [newKey], seal }).newcomer({ note: 'hers' })
    const hers = vault.store.records().find(({ key }) => key === back.sessions.handleOf(idIn(bea.cookie)))
    // A cookie that is right, and a record that a third key has sealed.
    const third = { id: '2032', secret: 'a third key, which only another process has by now' }
    await vault
      .start({ keys: [third, newKey], seal })
      .visitor(bea.cookie)
      .request(session => {
        session['note'] = 'sealed anew'
      })
    expect(hers).toBeDefined()
    expect(await presented(back, bea.cookie)).toEqual({ outcome: 'tampered', names: [] })
    expect(vault.store.records()).toHaveLength(2)
  })

  test('cut, prolonged and flipped bytes are refused, each at its place (B10)', async () => {
    const vault = new Vault(traits)
    const application = vault.start(sealed(seal))
    const ada = await application.newcomer({ n: 1 })
    const { record } = vault
    const bytes = record.data as Uint8Array
    for (let at = 0; at < bytes.length; at += 1) {
      const flipped = bytes.slice()
      flipped[at] = (flipped[at] ?? 0) ^ 1
      for (const data of [
        flipped,
        bytes.slice(0, at),
        bytes.slice(at + 1),
        Buffer.concat([bytes, bytes.slice(0, at + 1)]),
      ]) {
        vault.store.next('load', () => ({ ...record, data }) as never)
        expect(await presented(application, ada.cookie)).toEqual({ outcome: 'tampered', names: [] })
        // What did not authenticate was removed.
        if (vault.store.records().length === 0) vault.store.inner.create(record)
      }
    }
    expect((await presented(application, ada.cookie)).outcome).toBe('found')
  })

  test('an older copy of the whole record is read: that is the limit that the page states (F4)', async () => {
    const vault = new Vault(traits)
    const application = vault.start(sealed(seal))
    const ada = await application.newcomer({ credit: 100 })
    const earlier = vault.record
    await ada.request(session => Object.assign(session, { credit: 0 }))
    vault.forge(vault.record, earlier)
    await ada.request(session => expect(session['credit']).toBe(100))
  })

  test('a record that is tampered with while a request is under way is not written over, and nobody crashes', async () => {
    const vault = new Vault(traits)
    const application = vault.start(sealed(seal))
    const ada = await application.newcomer({ credit: 100 })
    const heard = hearEvents()
    const visit = await ada.arrive()
    Object.assign(visit.session ?? {}, { credit: 1 })
    const { record } = vault
    const forged = { ...record, version: record.version + 1 }
    vault.forge(record, forged)
    await visit.commit()
    expect([visit.outcome, visit.setCookie]).toEqual(['revoked', undefined])
    expect(vault.record).toEqual(forged)
    expect(namesOf(heard)).toContain('gone')
  })
})

describe.each(vaults)('what goes on under a seal for the $seal, in $kind', ({ seal, traits }) => {
  test('a touch does not break it', async () => {
    const vault = new Vault(traits)
    const ada = await vault.start(sealed(seal)).newcomer({ note: treasure })
    for (let turn = 0; turn < 3; turn += 1) {
      vault.clock.advance(15 * minute)
      vault.store.forgetCalls()
      await ada.request(session => expect(session['note']).toBe(treasure))
      expect(vault.store.calls).toEqual(['load', 'touch'])
    }
  })

  test('two requests that change different names both count', async () => {
    const vault = new Vault(traits)
    const ada = await vault.start(sealed(seal)).newcomer({ note: treasure })
    const [one, other] = [await ada.arrive(), await ada.arrive()]
    Object.assign(one.session ?? {}, { one: 1 })
    Object.assign(other.session ?? {}, { other: 2 })
    await one.commit()
    await other.commit()
    await ada.request(session => expect(session).toMatchObject({ note: treasure, one: 1, other: 2 }))
  })

  test('twenty updates at once count exactly', async () => {
    const vault = new Vault(traits)
    const ada = await vault.start(sealed(seal)).newcomer({ count: 0 })
    const add = (session: { [name: string]: unknown }): void =>
      void (session['count'] = Number(session['count']) + 1)
    await Promise.all(Array.from({ length: 20 }, () => ada.request(session => session.update(add as never))))
    await ada.request(session => expect(session['count']).toBe(20))
  })

  test('a rotation seals for the new id, and leads the old one there for its grace', async () => {
    const vault = new Vault(traits)
    const application = vault.start(sealed(seal))
    const ada = await application.newcomer({ note: treasure })
    const first = ada.cookie
    const late = await application.visitor(first).arrive()
    await ada.request(session => session.rotate())
    const second = ada.cookie
    await ada.request(session => session.rotate())
    Object.assign(late.session ?? {}, { late: true })
    await late.commit()
    for (const cookie of [first, second, ada.cookie]) {
      const visitor = application.visitor(cookie)
      await visitor.request(session => expect(session).toMatchObject({ note: treasure, late: true }))
      await visitor.request(session => session.reload())
    }
    vault.clock.advance(minute)
    expect(await presented(application, first)).toEqual({ outcome: 'replayed', names: [] })
    expect(await presented(application, ada.cookie)).toEqual({ outcome: 'found', names: ['note', 'late'] })
  })

  test('a sign-in keeps what it was told to keep, and the others end', async () => {
    const vault = new Vault(traits)
    const application = vault.start(sealed(seal))
    const [ada, elsewhere] = [await application.newcomer({ cart: [7], x: 1 }), application.visitor()]
    for (const visitor of [elsewhere, ada]) {
      await visitor.request(session => session.signIn('ada', { keep: ['cart'] }))
    }
    await ada.request(async session => {
      expect(session).toMatchObject({ cart: [7] })
      expect(session).not.toHaveProperty('x')
      expect(await application.sessions.of('ada').list()).toHaveLength(2)
      expect(await application.sessions.of('ada').endOthers(session)).toBe(1)
    })
    expect((await presented(application, elsewhere.cookie)).outcome).toBe('revoked')
    expect(await presented(application, ada.cookie)).toEqual({ outcome: 'found', names: ['cart'] })
  })

  test('save, reload and regenerate go on as without it', async () => {
    const vault = new Vault(traits)
    const application = vault.start(sealed(seal))
    const ada = await application.newcomer({ note: treasure })
    await ada.request(async (session, visit) => {
      session['note'] = 'another'
      await session.save()
      session['note'] = 'a third'
      await session.reload()
      expect(visit.session?.['note']).toBe('another')
      await visit.session?.regenerate()
      Object.assign(visit.session ?? {}, { fresh: true })
    })
    expect(await presented(application, ada.cookie)).toEqual({ outcome: 'found', names: ['fresh'] })
    expect(vault.store.records()).toHaveLength(1)
  })

  test('a hold brings the newest data, and its lease is no session', async () => {
    const vault = new Vault(traits)
    const application = vault.start(sealed(seal))
    const ada = await application.newcomer({ note: treasure })
    const visit = await ada.arrive()
    await visit.hold({ waitMs: 1000, leaseMs: 1000, queue: 1 })
    await application.visitor(ada.cookie).request(session => Object.assign(session, { other: 1 }))
    Object.assign(visit.session ?? {}, { mine: 2 })
    await visit.commit()
    await ada.request(session => expect(session).toMatchObject({ note: treasure, other: 1, mine: 2 }))
  })
})

/** Sessions of every sort: plain, signed in, rotated once and twice, with an end of the others, and held. */
async function populate(application: Application): Promise<readonly (string | undefined)[]> {
  const plain = await application.newcomer({ note: treasure })
  const rotated = await application.newcomer({ note: treasure })
  for (let turn = 0; turn < 2; turn += 1) await rotated.request(session => session.rotate())
  const signedIn = application.visitor()
  const carrier = { userAgent: 'a browser', address: '192.0.2.1' }
  await signedIn.request(session => session.signIn('ada'), carrier)
  await application.visitor().request(session => session.signIn('ada'))
  await signedIn.request(session => application.sessions.of('ada').endOthers(session))
  const held = await signedIn.arrive()
  await held.hold({ waitMs: 1000, leaseMs: 1000, queue: 1 })
  return [plain.cookie, rotated.cookie, signedIn.cookie]
}

/** Every string of every field of every record, of every epoch and lease, and of what stands in them. */
async function dumpOf({ store, clock }: Vault): Promise<Set<string>> {
  const strings = new Set<string>()
  const epoch = await store.epochOf('ada')
  expect(epoch).toBeDefined()
  for (const value of [...store.records(), ...store.leases, epoch, clock.now()]) collect(value, strings)
  return strings
}

function collect(value: unknown, into: Set<string>): void {
  if (value instanceof Uint8Array) {
    for (const encoding of ['base64url', 'base64', 'hex', 'latin1', 'utf8'] as const) {
      into.add(Buffer.from(value).toString(encoding))
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, inner] of Object.entries(value)) {
      into.add(name)
      collect(inner, into)
    }
  } else if (value !== undefined) {
    into.add(String(value))
    if (typeof value === 'string' && /^[[{]/.test(value)) collect(JSON.parse(value), into)
  }
}

/** A string as it is, and as somebody would sign it who has no key of ours. */
function* dressed(text: string): Generator<string> {
  const attackers = 'a secret of the attacker, who has many of them'
  const mac = (encoding: 'base64' | 'base64url', of: string): string =>
    createHmac('sha256', attackers).update(of).digest(encoding).replaceAll('=', '')
  const signed = `s:${text}.${mac('base64', text)}`
  const named = [newKey.id, oldKey.id, ''].map(id => `${id}.${text}.${mac('base64url', text)}`)
  // Nor does what the store holds pass for a signature of what else it holds.
  const values = [
    text,
    `s:${text}`,
    `s:${text}.${text}`,
    `${newKey.id}.${text}.${text.slice(0, 43)}`,
    signed,
    ...named,
  ]
  for (const value of values) {
    yield encodeURIComponent(value)
    if (/^[\x21-\x3a\x3c-\x7e]*$/.test(value)) yield value
  }
}

async function expectTampered(
  vault: Vault,
  application: Application,
  cookie: string | undefined,
): Promise<void> {
  const heard = hearEvents()
  const before = vault.store.records().length
  expect(await presented(application, cookie)).toEqual({ outcome: 'tampered', names: [] })
  expect(heard).toEqual([
    { name: 'tampered', payload: { handle: expect.stringMatching(/^[\w-]{43}$/), reason: 'record' } },
  ])
  expect(vault.store.records()).toHaveLength(before - 1)
  expect((await presented(application, cookie)).outcome).toBe('revoked')
}
