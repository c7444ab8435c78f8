import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import session from 'sojourn'
import { describe, expect, test } from 'vitest'
import { Signer } from '../../src/core/cookies/secret-signer.ts'
import { hearEvents } from '../core/heard-events.ts'
import { atOnce, hour, later, type Stage, secret, stage, type TestVisit, Visitor } from '../core/stage.ts'
import { ask } from '../support/http-client.ts'
import { type Errors, plain, type SessionRequest, serve } from '../support/servers.ts'

const sentinel = 'hunter2'

/** Everything that a run has let anybody see, as text, with where it was seen. */
class Transcript {
  readonly ids: string[] = []
  readonly #seen: (readonly [where: string, text: string])[] = []
  readonly #warn = (warning: Error): void => this.see('a warning', warning)

  constructor() {
    process.on('warning', this.#warn)
  }

  /** Hands out an id, and remembers it. */
  readonly genid = (): string => {
    const id = randomBytes(24).toString('base64url')
    this.ids.push(id)
    return id
  }

  see(where: string, value: unknown): void {
    for (const print of prints) this.#seen.push([where, print(value)])
    if (value instanceof Error) this.#see(where, value)
  }

  /** Fails for each thing that shows an id, the signature of one, a cookie's value or the secret. */
  expectNoSecrets(): void {
    process.off('warning', this.#warn)
    const signer = new Signer([secret])
    const signatures = this.ids.map(id => signer.sign(id).slice(-43))
    const values = this.ids.map(id => signer.write(id))
    const hidden = [secret, ...this.ids, ...signatures, ...signatures.map(encodeURIComponent), ...values]
    const told = this.#seen.filter(([, text]) => hidden.some(one => text.includes(one)))
    expect([...new Set(told.map(([where]) => where))]).toEqual([])
  }

  /** Whether the sentinel, which stands for data, was seen in a place. */
  showsDataIn(where: string): boolean {
    return this.#seen.some(([place, text]) => place === where && text.includes(sentinel))
  }

  get places(): ReadonlySet<string> {
    return new Set(this.#seen.map(([where]) => where))
  }

  #see(where: string, { message, stack, cause }: Error): void {
    this.#seen.push([where, message], [where, String(stack)])
    if (cause !== undefined) this.see(where, cause)
  }
}

const prints: readonly ((value: unknown) => string)[] = [
  value => inspect(value, { depth: Number.POSITIVE_INFINITY }),
  value => inspect(value, { depth: Number.POSITIVE_INFINITY, showHidden: true, showProxy: true }),
  value => inspect(value, { depth: Number.POSITIVE_INFINITY, getters: true }),
  value => JSON.stringify(value) ?? '',
  value => String(value),
]

describe.each([
  ['answers at once', atOnce],
  ['answers later', later],
])('whatever happens over a store that %s', (_kind, traits) => {
  test('nothing that is printed, thrown, warned of or published shows an id, a cookie or the secret (F8)', async () => {
    const transcript = new Transcript()
    const heard = hearEvents()
    const options = { genid: transcript.genid, cookie: { maxAge: hour }, rolling: true }
    await everything(stage(options, traits), transcript)
    for (const { name, payload } of heard) transcript.see(`the event ${name}`, payload)
    expect(transcript.ids.length).toBeGreaterThan(10)
    expect([...transcript.places].sort()).toEqual(expectedPlaces)
    transcript.expectNoSecrets()
    for (const place of transcript.places) {
      if (!/^the (session|store)$/.test(place))
        expect([place, transcript.showsDataIn(place)]).toEqual([place, false])
    }
  })
})

const expectedPlaces = [
  ...[
    'the error of a bad option',
    'the error of a cookie',
    'the error of a failing load',
    'the error of a lost save',
  ],
  ...['the error of a missing session', 'the error of a taken id', 'the error of a value'],
  ...[
    'the event conflicted',
    'the event created',
    'the event destroyed',
    'the event expired',
    'the event gone',
  ],
  ...[
    'the event missing',
    'the event opened',
    'the event replayed',
    'the event revoked',
    'the event rotated',
    'the event saved',
    'the event signed-in',
    'the event store-failed',
    'the event tampered',
  ],
  ...['a list', 'the manager', 'the policy', 'the session', 'the store', 'the visit'],
].sort()

/** Lets everything happen that sessions can meet. */
async function everything(scene: Stage, transcript: Transcript): Promise<void> {
  await life(scene, transcript)
  await endings(scene, transcript)
  await tampering(scene, transcript)
  await signingIn(scene, transcript)
  await failures(scene, transcript)
  transcript.see('the manager', scene.sessions)
  transcript.see('the store', scene.store)
}

function show(transcript: Transcript, visit: TestVisit): void {
  transcript.see('the visit', visit)
  transcript.see('the session', visit.session)
}

async function life({ visitor }: Stage, transcript: Transcript): Promise<void> {
  const ada = visitor()
  await ada.request((session, visit) => {
    Object.assign(session, { password: sentinel, nested: { deep: [{ a: 1 }] } })
    show(transcript, visit)
  })
  await ada.request((_session, visit) => show(transcript, visit))
  const slow = await ada.arrive()
  Object.assign(slow.session!, { slow: 1 })
  await ada.request(session => Object.assign(session, { fast: 1 }))
  await slow.commit()
  show(transcript, slow)
  await ada.request(async (session, visit) => {
    await session.save()
    await session.regenerate()
    Object.assign(visit.session!, { password: sentinel })
    show(transcript, visit)
  })
}

async function endings({ visitor }: Stage, transcript: Transcript): Promise<void> {
  const ada = visitor()
  await ada.request(session => Object.assign(session, { password: sentinel }))
  const late = await ada.arrive()
  const later = await ada.arrive()
  await ada.request(async (session, visit) => {
    await session.destroy()
    show(transcript, visit)
  })
  Object.assign(late.session!, { late: 1 })
  await late.session!.save().catch((error: unknown) => transcript.see('the error of a lost save', error))
  Object.assign(later.session!, { late: 1 })
  await later.commit()
  show(transcript, later)
  await later
    .session!.reload()
    .catch((error: unknown) => transcript.see('the error of a missing session', error))
}

async function tampering({ visitor, store, clock, sessions }: Stage, transcript: Transcript): Promise<void> {
  const ada = visitor()
  await ada.request(session => Object.assign(session, { password: sentinel }))
  for (const cookie of [`${ada.cookie}x`, `${ada.cookie}; ${ada.cookie}`, `${ada.cookie?.slice(0, -5)}%`]) {
    await visitor(cookie).request((_session, visit) => show(transcript, visit))
  }
  const stale = store.records().at(-1)!
  store.next('load', () => ({ ...stale, data: `{"password":"${sentinel}"` }) as never)
  await new Visitor(sessions, ada.cookie).request((_session, visit) => show(transcript, visit))
  clock.advance(2 * hour)
  store.next('load', () => stale as never)
  await new Visitor(sessions, ada.cookie).request()
  await new Visitor(sessions, ada.cookie).request()
}

async function signingIn({ visitor, clock, sessions }: Stage, transcript: Transcript): Promise<void> {
  const ada = visitor()
  await ada.request(session => session.signIn('ada'))
  transcript.ids.push(ada.id)
  const spent = ada.cookie
  await ada.request(async (session, visit) => {
    await session.rotate()
    show(transcript, visit)
  })
  transcript.ids.push(ada.id)
  await ada.request()
  clock.advance(60_000)
  await visitor(spent).request((_session, visit) => show(transcript, visit))
  await stage().visitor(ada.cookie).request()
  transcript.see('a list', await sessions.of('ada').list())
  transcript.see('the policy', sessions.describe())
  await sessions.of('ada').endAll()
  await ada.request((_session, visit) => show(transcript, visit))
}

async function failures({ visitor, store }: Stage, transcript: Transcript): Promise<void> {
  const ada = visitor()
  await ada.request(session => Object.assign(session, { password: sentinel }))
  for (const verb of ['load', 'replace', 'delete'] as const) {
    store.fail(verb)
    await failing(transcript, 'the error of a failing load', () =>
      ada.request(async session => {
        if (verb === 'delete') await session.destroy()
        else session.views = Math.random()
      }),
    )
  }
  const cyclic: Record<string, unknown> = { password: sentinel }
  cyclic.self = cyclic
  await failing(transcript, 'the error of a value', () =>
    visitor().request(session => Object.assign(session, { cyclic })),
  )
  await failing(transcript, 'the error of a cookie', () =>
    visitor().request(session => {
      session.user = 1
      session.cookie.path = '/;'
    }),
  )
  for (let attempt = 0; attempt < 3; attempt += 1) store.next('create', () => false as never)
  await failing(transcript, 'the error of a taken id', () =>
    visitor().request(session => Object.assign(session, { a: 1 })),
  )
  await failing(transcript, 'the error of a bad option', async () =>
    session.createSessions({ secret, idle: 'soon' }),
  )
}

async function failing(transcript: Transcript, where: string, work: () => Promise<unknown>): Promise<void> {
  const error = await work().then(
    () => new Error(`${where} did not come`),
    (thrown: unknown) => thrown,
  )
  expect(error).toHaveProperty('code')
  transcript.see(where, error)
}

describe('on a server', () => {
  test('nothing of a request’s session, its store or its middleware shows an id, a cookie or the secret (F8)', async () => {
    const transcript = new Transcript()
    const errors: Errors = []
    const middleware = session({ secret, genid: transcript.genid })
    const route = async (request: SessionRequest): Promise<void> => {
      const visited = request.session
      if (request.url === '/in') visited.user = 'ada'
      if (request.url === '/anew') await visited.regenerate()
      if (request.url === '/out') await visited.destroy()
      transcript.see('req.session', visited)
      transcript.see('req.sessionStore', Reflect.get(request, 'sessionStore'))
      // All that Sojourn has put onto the request; what the browser sent stands there by Node's doing.
      const own = [...Object.getOwnPropertySymbols(request)].filter(name => String(name).includes('sojourn'))
      expect(own).toHaveLength(1)
      transcript.see('what a request keeps', withoutRequest(Reflect.get(request, own[0]!) as object))
    }
    const port = await serve(
      plain(
        middleware,
        async (request, response) => {
          await route(request)
          response.end()
        },
        errors,
      ),
    )
    const { cookie } = await ask(port, '/in')
    for (const path of ['/', '/anew', '/', '/out']) await ask(port, path, { headers: { cookie } })
    transcript.see('the middleware', middleware)
    transcript.see('its manager', middleware.sessions)
    expect(errors).toEqual([])
    transcript.expectNoSecrets()
  })

  // The one place where an id can stand: a store that was written for express-session knows the ids.
  test('what such a store puts into its own error is in `cause` alone, and nowhere in ours (F8)', async () => {
    const store = new session.MemoryStore()
    const heard = hearEvents()
    const errors: Errors = []
    store.get = (id, answer) => answer(new Error(`no such file: sessions/${id}.json`))
    const port = await serve(
      plain(session({ secret, store }), (_request, response) => response.end(), errors),
    )
    const id = 'A'.repeat(32)
    await ask(port, '/', { headers: { cookie: `connect.sid=${new Signer([secret]).write(id)}` } })
    const error = errors[0] as Error
    expect(error).toMatchObject({ code: 'STORE_FAILED' })
    expect(`${error.message}\n${error.stack}\n${JSON.stringify(error)}`).not.toContain(id)
    expect(String(error.cause)).toContain(id)
    expect(JSON.stringify(heard)).not.toContain(id)
  })

  // An address of a database holds its password. See README.md, finding 5.
  test('an address given as a store is not repeated with its password (F8)', () => {
    const open = (): unknown => session.createSessions({ secret, store: 'redis://ada:hunter2@db' as never })
    expect(open).toThrow(expect.not.objectContaining({ message: expect.stringContaining(sentinel) }))
  })

  test('an application’s mistake in `secret` is told without it (F8)', () => {
    const mistakes = [
      { secret: { key: sentinel } },
      { secret: [sentinel, 7] },
      { secret: 7_777_777 },
      { secret: () => sentinel },
    ]
    for (const options of mistakes) {
      const failure = failureOf(() => session.createSessions(options as never))
      expect(inspect(failure)).not.toMatch(/hunter2|7777777/)
    }
  })
})

function failureOf(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    return error
  }
}

function withoutRequest(kept: object): object {
  return Object.assign(Object.create(Object.getPrototypeOf(kept)), { ...kept, request: undefined })
}
