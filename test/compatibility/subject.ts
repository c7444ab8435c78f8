import './time.ts'
import type { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { dirname, isAbsolute, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** What express-session calls back with: an error or nothing, and sometimes an answer. */
export type Callback<Answer = unknown> = (error?: unknown, answer?: Answer) => void

export interface SessionCookie {
  [attribute: string]: unknown
  path: string
  maxAge: unknown
  originalMaxAge: unknown
  expires: unknown
  httpOnly: unknown
  readonly data: Record<string, unknown>
  serialize(name: string, value: string): string
  toJSON(): Record<string, unknown>
}

export interface SessionRecord {
  [key: string]: unknown
  cookie: SessionCookie
}

export interface Session extends SessionRecord {
  readonly id: string
  readonly req: SessionRequest
  touch(): Session
  resetMaxAge(): Session
  save(callback?: Callback): Session
  reload(callback: Callback): Session
  destroy(callback?: Callback): Session
  regenerate(callback: Callback): Session
}

export interface CallbackStore extends EventEmitter {
  get(id: string, callback: Callback<SessionRecord | null>): void
  set(id: string, session: unknown, callback?: Callback): void
  destroy(id: string, callback?: Callback): void
  touch?(id: string, session: unknown, callback?: Callback): void
  all?(callback: Callback<Record<string, SessionRecord>>): void
  length?(callback: Callback<number>): void
  clear?(callback?: Callback): void
  generate(request: SessionRequest): void
  createSession(request: object, record: object): Session
  regenerate(request: SessionRequest, callback: Callback): void
  load(id: string, callback: Callback<Session>): void
}

/** The store in memory, which has every optional verb. */
export interface MemoryStore extends CallbackStore {
  touch(id: string, session: unknown, callback?: Callback): void
  all(callback: Callback<Record<string, SessionRecord>>): void
  length(callback: Callback<number>): void
  clear(callback?: Callback): void
}

export interface SessionRequest extends IncomingMessage {
  url: string
  originalUrl?: string
  secret?: unknown
  secure?: boolean
  cookies?: Record<string, unknown>
  signedCookies?: Record<string, unknown>
  session: Session
  sessionID: string
  sessionStore: CallbackStore
}

export type Next = (error?: unknown) => void
export type Middleware = (request: IncomingMessage, response: ServerResponse, next: Next) => void
export type Options = Record<string, unknown>

interface StoreClass {
  new (options?: object): CallbackStore
  call(self: object, options?: object): void
}

interface SubjectModule {
  (options?: Options): Middleware
  readonly Store: StoreClass
  readonly Cookie: new (options?: unknown) => SessionCookie
  readonly Session: new (request: object, data?: object) => Session
  readonly MemoryStore: new (options?: object) => MemoryStore
}

const named = process.env.SUBJECT
const ourRoot = fileURLToPath(new URL('../../src/', import.meta.url))

/** Whether the suite runs against this project, and not against the module that `SUBJECT` names. */
export const isOurs: boolean = named === undefined

/** The module with all its names, as `import *` sees it. */
export const namespace: Record<string, unknown> = await import(
  /* @vite-ignore */ pathToFileURL(isOurs ? resolve(ourRoot, 'index.ts') : mainFile(named ?? '')).href
)

/** The middleware factory under test, with its classes as properties. */
export const subject: SubjectModule = commonJs(namespace)

/** One of the deep paths `session/{store,memory,cookie,session}`, as `require` would answer. */
export async function deepPath<Exported>(name: string): Promise<Exported> {
  const file = isOurs ? resolve(ourRoot, `session/${name}.ts`) : resolve(peerRoot(), `session/${name}.js`)
  return commonJs(await import(/* @vite-ignore */ pathToFileURL(file).href))
}

function peerRoot(): string {
  const path = named ?? ''
  const absolute = isAbsolute(path) ? path : resolve(path)
  return absolute.endsWith('.js') ? dirname(absolute) : absolute
}

function mainFile(path: string): string {
  return path.endsWith('.js') ? resolve(path) : resolve(peerRoot(), 'index.js')
}

/** What `require` answers with for this module: its default, if there is one. */
function commonJs<Exported>(loaded: Record<string, unknown>): Exported {
  const exported: unknown = loaded.default ?? loaded
  // The suite's interfaces are promises about the module under test; the tests are what checks them.
  return exported as Exported
}
