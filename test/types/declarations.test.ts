import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Project } from './project.ts'

/** What applications write, under what it promises them. Each is a module of its own; `.cts` uses `require`. */
const underItsOwnName: { readonly [promise: string]: string } = {
  'an application says once what its sessions hold, and every request knows it': `
    import express from 'express'
    import session from 'sojourn'
    declare module 'sojourn' {
      interface SessionData { views: number; user: { name: string } }
    }
    express().use(session({ secret: 'x' })).get('/', (request, response) => {
      const views: number | undefined = request.session.views
      // @ts-expect-error It may not be there yet.
      const sure: number = request.session.views
      request.session.views = (views ?? 0) + 1
      const name: string | undefined = request.session.user?.name
      // @ts-expect-error It is a number.
      request.session.views = 'many'
      // @ts-expect-error Nobody has said that there is such a thing.
      request.session.vews
      delete request.session.views
      response.json([name, sure])
    })`,

  'a prepared session holds what the sessions of the application hold': `
    import session, { createSessions } from 'sojourn'
    import { sessionCookie } from 'sojourn/testing'
    const { sessions } = session({ secret: 'x' })
    const header: Promise<string> = sessionCookie(sessions, { data: { views: 1 } }).then(cookie => cookie.header)
    // @ts-expect-error It is a number.
    sessionCookie(sessions, { data: { views: 'many' } })
    // @ts-expect-error Nobody has said that there is such a thing.
    sessionCookie(sessions, { data: { vews: 1 } })
    // @ts-expect-error A subject is text or a number.
    sessionCookie(sessions, { subject: true })
    const own = createSessions<{ cart: string[] }>({ secret: 'x' })
    sessionCookie(own, { subject: 7, data: { cart: [] } })
    // @ts-expect-error The sessions of this manager hold something else.
    sessionCookie(own, { data: { views: 1 } })
    void header`,

  'a request has its session, its id and its store': `
    import type { Request } from 'express'
    import { Session, Cookie, Store, type CompleteStore } from 'sojourn'
    declare const request: Request
    const id: string = request.sessionID
    const own: Session = request.session
    const cookie: Cookie = request.session.cookie
    const store: Store = request.sessionStore
    const complete: CompleteStore = request.sessionStore
    const same: string = request.session.id
    request.sessionStore.get(id, (error: unknown, data?: object | null) => void [error, data])
    request.sessionStore.destroy(id, error => void error)
    request.sessionStore.load(id, (error, loaded) => loaded?.save())
    request.sessionStore.generate(request)
    request.sessionStore.regenerate(request, error => void error)
    // @ts-expect-error An id is for life.
    request.session.id = 'other'
    void [own, cookie, store, complete, same]`,

  'a method takes a callback and answers the session, or takes none and answers a promise': `
    import type { Request } from 'express'
    import type { Session } from 'sojourn'
    declare const request: Request
    const calls = [
      request.session.save(error => void error), request.session.reload(error => void error),
      request.session.destroy(error => void error), request.session.regenerate(error => void error),
      request.session.touch(), request.session.resetMaxAge(),
    ] satisfies readonly Session[]
    const promises: Promise<void>[] = [
      request.session.save(), request.session.reload(), request.session.destroy(), request.session.regenerate(),
    ]
    const callback: (error?: unknown) => void = () => undefined
    request.session.save(callback)
    // @ts-expect-error A callback is a function.
    request.session.save('now')
    void [calls, promises]`,

  'a cookie is changed in place': `
    import type { Request } from 'express'
    declare const request: Request
    request.session.cookie.maxAge = 5
    request.session.cookie.maxAge = null
    request.session.cookie.expires = new Date()
    request.session.cookie.secure = true
    request.session.cookie.sameSite = 'strict'
    request.session.cookie.path = '/'
    const left: number | null | undefined = request.session.cookie.originalMaxAge
    // @ts-expect-error There is no such policy.
    request.session.cookie.sameSite = 'loose'
    void left`,

  'the types of express-session are found under the same names': `
    import session from 'sojourn'
    const options: session.SessionOptions = { secret: 'x', resave: false, saveUninitialized: true, rolling: false }
    const cookie: session.CookieOptions = { maxAge: 1, secure: 'auto', sameSite: 'lax', httpOnly: true, path: '/' }
    const store: session.Store = new session.MemoryStore()
    const memory: session.MemoryStore = new session.MemoryStore()
    const data: Partial<session.SessionData> = {}
    function read(own: session.Session, of: session.Cookie): string { return own.id + of.path }
    session({ ...options, cookie, store: memory })
    void [store, data, read]`,

  'the types are found as named exports too': `
    import session, { Cookie, MemoryStore, Session, Store, createSessions, memoryStore, SojournError } from 'sojourn'
    import type { SessionData, SessionMiddleware, SessionOptions, CookieOptions, SessionsOptions } from 'sojourn'
    const options: SessionOptions = { secret: ['a', 'b'], store: new MemoryStore(), name: 'id', unset: 'destroy' }
    const middleware: SessionMiddleware = session(options)
    const name: string = middleware.sessions.name
    function fails(error: unknown): boolean { return error instanceof SojournError && error.code === 'STORE_FAILED' }
    void [Cookie, Session, Store, createSessions, memoryStore, name, fails]
    void ({} as [SessionData, CookieOptions, SessionsOptions])`,

  'what express-session accepts for an option is accepted': `
    import session, { memoryStore } from 'sojourn'
    import { createSecretKey } from 'node:crypto'
    import type { Request } from 'express'
    session()
    session({ secret: createSecretKey(Buffer.from('x')) })
    session({ secret: [Buffer.from('x'), 'y'], genid: (request: Request) => request.path })
    session({ secret: process.env['SECRET'], store: undefined, name: undefined, cookie: undefined, proxy: undefined })
    session({ secret: 'x', cookie: (request: Request) => ({ path: request.baseUrl, secure: 'auto' as const }) })
    session({ secret: 'x', store: memoryStore(), idle: '20m', absolute: 3_600_000, touchEvery: '1m', deadline: '5s' })
    session({ secret: 'x', onLoadFailure: 'anonymous', onCommitFailure: 'send', duplicates: 'reject' })`,

  'a wrong option is refused': `
    import session, { createSessions } from 'sojourn'
    // @ts-expect-error There is no such option.
    session({ secret: 'x', sesame: true })
    // @ts-expect-error There is no such attribute.
    session({ secret: 'x', cookie: { httponly: true } })
    // @ts-expect-error A number is no secret.
    session({ secret: 42 })
    // @ts-expect-error There is no such policy.
    session({ secret: 'x', cookie: { sameSite: 'loose' } })
    // @ts-expect-error Destroy or keep.
    session({ secret: 'x', unset: 'forget' })
    // @ts-expect-error An id is text.
    session({ secret: 'x', genid: () => 7 })
    // @ts-expect-error A store has verbs.
    session({ secret: 'x', store: {} })
    // @ts-expect-error A manager has nobody else to take a secret from.
    createSessions({})
    // @ts-expect-error A manager without a framework has no proxy to trust.
    createSessions({ secret: 'x', proxy: true })`,

  'a store is extended, and its verbs may be typed as express-session’s stores type them': `
    import session, { Store, MemoryStore, type Session, type SessionData } from 'sojourn'
    class Own extends Store {
      readonly #rows = new Map<string, string>()
      constructor(readonly url: string) { super({}) }
      get(id: string, answer: (error: unknown, data?: SessionData | null) => void): void {
        answer(null, JSON.parse(this.#rows.get(id) ?? 'null'))
      }
      set(id: string, own: Session, answer?: (error?: unknown) => void): void {
        this.#rows.set(id, JSON.stringify(own))
        answer?.()
      }
      destroy(id: string, answer?: (error?: unknown) => void): void {
        this.#rows.delete(id)
        answer?.()
        this.emit('disconnect')
      }
    }
    class Counting extends MemoryStore {
      sets = 0
      override set(id: string, own: Session, answer?: (error?: unknown) => void): void {
        this.sets += 1
        super.set(id, own, answer)
      }
    }
    session({ secret: 'x', store: new Own('y') })
    session({ secret: 'x', store: new Counting() })
    // Functions that hand a store on know it by its base class.
    const handedOn: session.Store = new Own('z')
    session({ secret: 'x', store: handedOn })
    // @ts-expect-error This is no store of any kind.
    session({ secret: 'x', store: new Map() })`,

  'promises are as good as callbacks for a verb': `
    import session, { Store } from 'sojourn'
    class Later extends Store {
      async get(id: string, answer: (error: unknown, data?: object | null) => void) { answer(null, { id }) }
      async set(_id: string, _own: object, answer: (error?: unknown) => void) { answer() }
      async destroy(_id: string, answer: (error?: unknown) => void) { answer() }
      async touch(_id: string, _own: object, answer: (error?: unknown) => void) { answer() }
    }
    session({ secret: 'x', store: new Later() })`,

  'the verbs of a store are called as with express-session’s types, callbacks and further verbs being optional': `
    import type { Request } from 'express'
    import { MemoryStore } from 'sojourn'
    declare const request: Request
    const store = request.sessionStore
    store.set('id', request.session)
    store.destroy('id')
    store.touch?.('id', request.session)
    store.all?.((error, sessions) => void [error, Object.keys(sessions ?? {})])
    store.length?.((error, length) => void [error, (length ?? 0) + 1])
    store.clear?.()
    new MemoryStore().destroy('id')`,

  'a manager knows what its own sessions hold': `
    import { createSessions, type Sessions } from 'sojourn'
    const sessions: Sessions<{ cart: string[] }> = createSessions<{ cart: string[] }>({ secret: 'x' })
    const visit = sessions.visit({ cookieHeader: '', isSecure: true, request: {} })
    async function add(item: string): Promise<void> {
      await visit.open()
      const cart: string[] | undefined = visit.session?.cart
      if (visit.session !== undefined) visit.session.cart = [...(cart ?? []), item]
      visit.session = { cart: [] }
      visit.session = null
      // @ts-expect-error A cart is a list.
      if (visit.session !== undefined) visit.session.cart = 'full'
      await visit.commit()
      const header: string | undefined = visit.setCookie
      void header
    }
    void add`,

  'a middleware goes where middlewares go': `
    import express, { type RequestHandler, Router } from 'express'
    import { createServer } from 'node:http'
    import session from 'sojourn'
    const middleware = session({ secret: 'x' })
    const handler: RequestHandler = middleware
    express().use(middleware)
    Router().use('/a', middleware, handler)
    createServer((request, response) => middleware(request, response, () => response.end()))`,

  'the deep paths of express-session have types': `
    import Store, { Store as Named } from 'sojourn/session/store'
    import MemoryStore from 'sojourn/session/memory'
    import Cookie from 'sojourn/session/cookie'
    import Session from 'sojourn/session/session'
    import WithEnding from 'sojourn/session/store.js'
    import { session } from 'sojourn/express'
    class Own extends Store {}
    const store: Named = new MemoryStore()
    new Cookie({ maxAge: 1 }).serialize('name', 'value')
    void [Own, store, Session, WithEnding, session]`,
}

const requiredFiles: { readonly [promise: string]: string } = {
  'require() is typed as the function and its properties': `
    import session = require('sojourn')
    import Store = require('sojourn/session/store')
    import MemoryStore = require('sojourn/session/memory')
    const options: session.SessionOptions = { secret: 'x' }
    const middleware = session(options)
    const store: session.Store = new session.MemoryStore()
    class Own extends session.Store {}
    class Deep extends Store {}
    const sessions = session.createSessions({ secret: 'x' })
    const name: string = middleware.sessions.name
    // @ts-expect-error There is no such option.
    session({ secret: 'x', sesame: true })
    void [store, Own, Deep, new MemoryStore(), sessions, name]`,
}

const underOverride: { readonly [promise: string]: string } = {
  'an application that augments express-session goes on as it is': `
    import express from 'express'
    import session from 'express-session'
    declare module 'express-session' {
      interface SessionData { hits: number }
    }
    express().use(session({ secret: 's' })).get('/', request => {
      request.session.hits = 2
      // @ts-expect-error It is a number.
      request.session.hits = 'two'
    })`,

  'so does one that imports by namespace, by name and by deep path': `
    import * as session from 'express-session'
    import { Store, MemoryStore, type SessionOptions, type SessionData, Session, Cookie } from 'express-session'
    import DeepStore from 'express-session/session/store'
    const options: SessionOptions = { secret: 's', store: new MemoryStore() }
    session.default(options)
    function seconds(own: Session & Partial<SessionData>, cookie: Cookie): number { return Number(cookie.maxAge) + own.id.length }
    class Own extends Store {}
    void [DeepStore, Own, seconds]`,
}

function filesOf(
  promises: { readonly [promise: string]: string },
  ending: string,
): { [name: string]: string } {
  return Object.fromEntries(
    Object.values(promises).map((source, index) => [`case${index}${ending}`, `export {}\n${source}`]),
  )
}

function suite(
  name: string,
  kinds: { readonly [ending: string]: { readonly [promise: string]: string } },
): void {
  describe(`the declarations, installed as ${name}`, () => {
    let project: Project | undefined
    let complaints: { readonly [name: string]: readonly string[] } = {}

    beforeAll(() => {
      project = new Project(name)
      const files = Object.entries(kinds).map(([ending, promises]) => filesOf(promises, ending))
      complaints = project.check(Object.assign({}, ...files))
    }, 120_000)

    afterAll(() => project?.remove())

    for (const [ending, promises] of Object.entries(kinds)) {
      for (const [index, promise] of Object.keys(promises).entries()) {
        test(promise, () => {
          expect(complaints[`case${index}${ending}`]).toEqual([])
        })
      }
    }

    test('they compile by themselves, without `skipLibCheck`', () => {
      expect(complaints.others).toEqual([])
    })
  })
}

suite('sojourn', { '.ts': underItsOwnName, '.cts': requiredFiles })
suite('express-session', { '.ts': underOverride })
