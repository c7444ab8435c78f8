import { isReserved, reservedNameError, type SessionValues } from '../data/codec.ts'
import { SojournError } from '../report/errors.ts'
import { actionsKey, Session, type SessionActions } from './session.ts'

/** The session behind a proxy. */
export interface SessionInside {
  readonly cookie: unknown
  readonly actions: SessionActions
  replaceCookie(cookie: unknown): void
  /** Called before a value can change: by an assignment, or because the application reads an object. */
  suspect(name: string | symbol): void
  /** Called before the application assigns a value. */
  checkAssigned(name: string, value: unknown): void
}

/** Makes a `Session` from values: a proxy with the application's data, the cookie and the methods. */
export function sessionProxy(values: SessionValues, inside: SessionInside): Session {
  // The traps make the proxy behave like a Session, including its prototype.
  return new Proxy(values, new SessionTraps(inside)) as unknown as Session
}

/** Names of a session that an application cannot replace, not even with a method. */
const fixed: ReadonlySet<string | symbol> = new Set(['cookie', 'id', 'req', 'constructor', '__proto__'])
const plain: PropertyDescriptor = { writable: true, configurable: true }

class SessionTraps implements ProxyHandler<SessionValues> {
  readonly #inside: SessionInside

  constructor(inside: SessionInside) {
    this.#inside = inside
  }

  get(values: SessionValues, name: string | symbol, receiver: unknown): unknown {
    // In `session[a][b] = c`, `a` may come from a visitor. It must not reach `Object.prototype`.
    if (name === '__proto__') return undefined
    const value: unknown = Reflect.get(values, name)
    // The application's data wins over methods of the same name. `constructor` is never data.
    if (value === undefined || name === 'constructor') return this.#member(name, receiver)
    if (typeof value === 'object' && value !== null) this.#inside.suspect(name)
    return value
  }

  set(values: SessionValues, name: string | symbol, value: unknown): boolean {
    if (name === 'cookie') {
      this.#inside.replaceCookie(value)
      return true
    }
    if (isReserved(name)) return this.#replaceMethod(values, name, { ...plain, value, enumerable: false })
    this.#inside.suspect(name)
    if (typeof name === 'string') this.#inside.checkAssigned(name, value)
    // A value under a symbol is kept for this request, and not stored.
    values[name as string] = value
    return true
  }

  has(values: SessionValues, name: string | symbol): boolean {
    return name === 'cookie' || name in values || name in Session.prototype
  }

  deleteProperty(values: SessionValues, name: string | symbol): boolean {
    this.#inside.suspect(name)
    return Reflect.deleteProperty(values, name)
  }

  defineProperty(values: SessionValues, name: string | symbol, descriptor: PropertyDescriptor): boolean {
    if (isReserved(name)) return this.#replaceMethod(values, name, descriptor)
    this.#inside.suspect(name)
    return Reflect.defineProperty(values, name, descriptor)
  }

  ownKeys(values: SessionValues): (string | symbol)[] {
    return ['cookie', ...Reflect.ownKeys(values)]
  }

  getOwnPropertyDescriptor(values: SessionValues, name: string | symbol): PropertyDescriptor | undefined {
    if (name === 'cookie') return { ...plain, value: this.#inside.cookie, enumerable: true }
    const descriptor = Reflect.getOwnPropertyDescriptor(values, name)
    if (typeof descriptor?.value === 'object') this.#inside.suspect(name)
    return descriptor
  }

  getPrototypeOf(): object {
    return Session.prototype
  }

  setPrototypeOf(): never {
    throw reservedNameError('__proto__')
  }

  preventExtensions(): never {
    throw closedError()
  }

  /** Lets an application replace a method, as in express-session. A method is not stored. */
  #replaceMethod(values: SessionValues, name: string | symbol, descriptor: PropertyDescriptor): boolean {
    const isMethod = typeof (descriptor.value ?? descriptor.get) === 'function' && !fixed.has(name)
    if (!isMethod) throw reservedNameError(name)
    return Reflect.defineProperty(values, name, descriptor)
  }

  #member(name: string | symbol, receiver: unknown): unknown {
    if (name === 'cookie') return this.#inside.cookie
    if (name === actionsKey) return this.#inside.actions
    return Reflect.get(Session.prototype, name, receiver)
  }
}

function closedError(): SojournError {
  return new SojournError(
    'NAME_RESERVED',
    'Expected a session to stay open for changes, got a call that freezes it. Freeze a copy: `Object.freeze({ ...session })`.',
  )
}
