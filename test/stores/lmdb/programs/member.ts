import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import express from 'express'
import { open } from 'lmdb'
import { createSessions } from '../../../../src/adapters/create-sessions.ts'
import { session } from '../../../../src/adapters/express.ts'
import type { SessionRecord } from '../../../../src/core/record/store.ts'
import type { Sessions, TypedVisit } from '../../../../src/core/sessions.ts'
import { loadDriver } from '../../../../src/stores/driver.ts'
import { type LmdbStoreOptions, lmdbStore, type RecordFile } from '../../../../src/stores/lmdb.ts'

/** One process of several that have a folder in common. It does what it is asked over the channel to its parent. */

/** What goes back to the parent: the answer to a question, or something that is told. */
export interface Reply {
  readonly turn: number
  readonly answer?: unknown
  readonly error?: { message: string; code: string | undefined; causeCode: string | undefined }
  readonly told?: string
}

type Bag = { [name: string]: unknown }

export type Tasks = typeof tasks

const secret = 'a secret that only the tests know'
let now: number | undefined
let isStreaming = false
let store: RecordFile
let sessions: Sessions<Bag>
let saving: TypedVisit<Bag> | undefined

const tasks = {
  /** Opens a folder. With `at`, the clock stands still there. */
  open({ at, ...options }: LmdbStoreOptions & { readonly at?: number }): void {
    now = at
    const clock = { now: () => now ?? Date.now(), after: () => () => undefined }
    store = lmdbStore({ ...options, clock })
    sessions = createSessions<Bag>({ secret, store, ...(at === undefined ? {} : { clock }) })
  },

  /**
   * Gives up the rights of root for those of a user. All that the store needs is loaded before, because the user may not be
   * allowed to read the folder that the library is in.
   */
  become(user: number): void {
    loadDriver('lmdb', 'lmdb')
    process.setgroups?.([])
    process.setgid?.(user)
    process.setuid?.(user)
  },

  /** Opens a folder. An attempt of the engine to sit out what is wrong fails. */
  openWithoutWaiting(options: LmdbStoreOptions): void {
    const { wait } = Atomics
    Atomics.wait = () => expectNoWait()
    try {
      tasks.open(options)
    } finally {
      Atomics.wait = wait
    }
  },

  jump(spanMs: number): void {
    now = (now ?? 0) + spanMs
  },

  /** Leaves the parent, after which nothing keeps the process from ending. */
  leave(_: null): void {
    setImmediate(() => process.disconnect())
  },

  close: (_: null): Promise<void> => store.close(),

  /** Asks for a lease of each name at once, and answers which ones it has. */
  acquire({
    token,
    names,
  }: {
    readonly token: string
    readonly names: readonly string[]
  }): Promise<boolean[]> {
    const expiresAt = Date.now() + 60_000
    return Promise.all(names.map(name => store.acquireLease({ name, token, expiresAt })))
  },

  release(token: string): Promise<void> {
    return store.releaseLease({ name: 'first', token, expiresAt: 0 })
  },

  /** Begins a session, and answers its cookie. */
  async begin(subject: string | null): Promise<string> {
    const visit = await arrive(undefined)
    const { session } = visit
    if (session === undefined) throw new Error('There is no session.')
    if (subject !== null) await session.signIn(subject)
    Object.assign(visit.session ?? {}, { count: 0 })
    await visit.commit()
    return visit.setCookie?.split(';')[0] ?? ''
  },

  /** Makes many requests at the same time, each of which counts by one. */
  async count({ cookie, requests }: { readonly cookie: string; readonly requests: number }): Promise<void> {
    await Promise.all(
      Array.from({ length: requests }, async () => {
        const visit = await arrive(cookie)
        await visit.session?.update(data => {
          data.count = Number(data.count) + 1
        })
        await visit.commit()
      }),
    )
  },

  /** Makes a request for each name at the same time, each of which writes its own name. */
  async write({
    cookie,
    names,
  }: {
    readonly cookie: string
    readonly names: readonly string[]
  }): Promise<void> {
    await Promise.all(
      names.map(async name => {
        const visit = await arrive(cookie)
        Object.assign(visit.session ?? {}, { [name]: true })
        await visit.commit()
      }),
    )
  },

  /** Answers the data that a cookie leads to, or what became of it. */
  async read(cookie: string): Promise<{ outcome: string; data: object }> {
    const visit = await arrive(cookie)
    const data = JSON.parse(JSON.stringify(visit.session ?? {}))
    return { outcome: visit.outcome, data }
  },

  /** Begins a request that writes, and holds it before it is saved. */
  async beginSave(cookie: string): Promise<void> {
    saving = await arrive(cookie)
    Object.assign(saving.session ?? {}, { late: true })
  },

  /** Lets that request save, and answers what it is told. */
  async finishSave(_: null): Promise<string> {
    const live = saving?.session
    const telling = live?.save().then(
      () => 'saved',
      (error: { code?: string }) => String(error.code),
    )
    return (await telling) ?? 'no session'
  },

  async handles(subject: string): Promise<string[]> {
    return (await sessions.of(subject).list()).map(({ handle }) => handle)
  },

  end: (handle: string): Promise<boolean> => sessions.end(handle),
  endAll: (subject: string): Promise<number> => sessions.of(subject).endAll(),

  async destroy(cookie: string): Promise<void> {
    const visit = await arrive(cookie)
    await visit.session?.destroy()
    await visit.commit()
  },

  /** Keeps records straight in the store, all at the same time, and answers how each went. */
  keep: (records: readonly Partial<SessionRecord>[]): Promise<string[]> =>
    Promise.all(records.map(record => outcomeOf(() => store.create(complete(record))))),
  replace: ({ record, version }: { record: Partial<SessionRecord>; version: number }): Promise<string> =>
    outcomeOf(() => store.replace(complete(record), version)),
  remove: (key: string): Promise<string> => outcomeOf(() => store.delete(key)),
  sweep: (limit: number): Promise<string> => outcomeOf(async () => (await store.sweep(limit)).removed),
  raise: (subject: string): Promise<string> =>
    outcomeOf(() =>
      store.exchangeEpoch({
        subject,
        next: { epoch: 1, except: undefined, expiresAt: Number.MAX_VALUE },
        expected: undefined,
      }),
    ),
  find: (keys: readonly string[]): boolean[] => keys.map(key => store.load(key) !== undefined),
  keysOf: (subject: string): string[] => store.ofSubject(subject).sessions.map(({ key }) => key),

  /** Reads, and reads once more after somebody has set the signal, without ending its turn in between. */
  lookTwice({ key, subject, signal }: { key: string; subject: string; signal: string }): object[] {
    const looks = {
      keys: () => store.ofSubject(subject).sessions.map(record => record.key),
      found: () => store.load(key) !== undefined,
      epoch: () => store.epochOf(subject)?.epoch ?? 0,
      streamed: () => [...store.records()].length,
    }
    const look = () => Object.fromEntries(Object.entries(looks).map(([name, read]) => [name, read()]))
    // The first look ends with a read, so that the second begins in what that has seen.
    const first = { ...look(), found: looks.found() }
    tell('ready')
    while (!existsSync(signal));
    return [first, look()]
  },

  /** Serves a small application, and answers its port. */
  async serve(_: null): Promise<number> {
    const app = express()
    app.use(session({ secret, store, cookie: { secure: false } }))
    app.get('/read', (request, response) => void response.json(request.session))
    app.get('/write', (request, response) => {
      Object.assign(request.session, { name: request.query.name })
      response.json('written')
    })
    const server = app.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  },

  /** Asks for everything while the store closes, and answers what came of it but for answers and that it is closed. */
  async hammer({ path, rounds }: { readonly path: string; readonly rounds: number }): Promise<string[]> {
    const strange = new Set<string>()
    for (let round = 0; round < rounds; round += 1) {
      const hammered = lmdbStore({ path })
      const asking = askAllOf(hammered, round)
      if (round % 2 === 1) await new Promise(setImmediate)
      const closing = hammered.close()
      const outcomes = await Promise.all([...asking, ...askAllOf(hammered, round), closing.then(String)])
      await new Promise(setImmediate)
      outcomes.push(...(await Promise.all(askAllOf(hammered, round))))
      for (const outcome of outcomes) if (outcome.startsWith('strange')) strange.add(outcome)
    }
    return [...strange]
  },

  /** Lets a thread open a folder, and answers what came of it. */
  async openInThread(path: string): Promise<string> {
    const thread = new Worker(new URL('./thread.js', import.meta.url), { workerData: path })
    // A thread may emit both at once, when it ends before its message has been read.
    const [[answer]] = await Promise.all([once(thread, 'message'), once(thread, 'exit')])
    return answer
  },

  /** Dies in the middle of a transaction, with the lock of all processes in its hands. */
  dieHoldingLock(path: string): void {
    const root = open({ path, noSubdir: false, maxDbs: 16, encoding: 'binary', overlappingSync: false })
    const records = root.openDB({ name: 'records', encoding: 'binary', useVersions: true })
    root.transactionSync(() => {
      records.putSync('half', Buffer.alloc(100_000), 7)
      process.kill(process.pid, 'SIGKILL')
    })
  },

  /** Writes one session after the other, several at a time, and tells the key of each that was answered. */
  stream({ prefix, lanes }: { readonly prefix: string; readonly lanes: number }): void {
    isStreaming = true
    for (let lane = 0; lane < lanes; lane += 1) void streamLane(`${prefix}-${lane}`)
  },
  stopStream(_: null): void {
    isStreaming = false
  },
}

function expectNoWait(): never {
  throw new Error('Somebody wanted to stop this process for a while.')
}

function askAllOf(asked: RecordFile, round: number): Promise<string>[] {
  const key = `${round}`
  const epoch = { epoch: round, except: undefined, expiresAt: 9e15 }
  const deeds = [
    () => asked.load('0'),
    () => asked.create(complete({ key, subject: 'ada' })),
    () => asked.touch('0', { touchedAt: round, expiresAt: 9e15 + round, device: undefined }),
    () => asked.replace(complete({ key: '0', version: 2 }), 1),
    () => [...asked.records()],
    () => asked.ofSubject('ada'),
    () => asked.exchangeEpoch({ subject: 'ada', next: epoch, expected: undefined }),
    () => asked.endBelow('nobody', epoch),
    () => asked.epochOf('ada'),
    () => asked.sweep(10),
    () => asked.delete(key),
  ]
  return deeds.map(async deed => {
    try {
      return String(await deed())
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      return message.endsWith('it has been closed.') ? 'closed' : `strange: ${message}`
    }
  })
}

async function streamLane(prefix: string): Promise<void> {
  for (let index = 0; isStreaming; index += 1) {
    const key = `${prefix}-${index}`
    await store.create(complete({ key, subject: `user-${index % 5}`, data: 'x'.repeat(index % 600) }))
    tell(key)
    if (index % 3 === 0) {
      await store.replace(complete({ key, version: 2, subject: 'moved', expiresAt: 8e15, data: 'y' }), 1)
      tell(`${key} moved`)
    }
    if (index % 4 === 1) {
      await store.delete(key)
      tell(`${key} removed`)
    }
  }
}

async function arrive(cookie: string | undefined): Promise<TypedVisit<Bag>> {
  const visit = sessions.visit({ cookieHeader: cookie, isSecure: true, request: undefined })
  await visit.open()
  return visit
}

function complete(record: Partial<SessionRecord>): SessionRecord {
  const times = { createdAt: 1, touchedAt: 1, expiresAt: 9e15, device: undefined }
  const owner = { subject: undefined, authenticatedAt: undefined, epoch: 0, rotation: undefined }
  return { key: 'key', version: 1, ...times, ...owner, data: 'x', ...record }
}

async function outcomeOf(deed: () => unknown): Promise<string> {
  try {
    return String(await deed())
  } catch (error) {
    return `failed: ${codeOf(error)}`
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}

function tell(told: string): void {
  process.send?.({ turn: 0, told } satisfies Reply)
}

async function obey({
  turn,
  task,
  input,
}: {
  turn: number
  task: keyof Tasks
  input: never
}): Promise<Reply> {
  try {
    return { turn, answer: await tasks[task](input) }
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const { message, cause } = error
    return { turn, error: { message, code: codeOf(error), causeCode: codeOf(cause) } }
  }
}

process.on('message', async message => {
  // Only the parent has the other end of the channel.
  process.send?.(await obey(message as Parameters<typeof obey>[0]))
})
