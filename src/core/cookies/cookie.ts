import { type Clock, systemClock } from '../time/clock.ts'
import {
  type CookieAttributes,
  formatCookie,
  formatLifetime,
  frameCookie,
  isCookieName,
  type NamedValue,
} from './set-cookie.ts'

/** How an application says what the cookie is to be. */
export interface CookieOptions {
  /** How long the cookie lives, in ms, from each response that renews it. Without it, until the browser is closed. */
  readonly maxAge?: number | null | undefined
  /** When the cookie ends. `maxAge` is almost always what is meant. */
  readonly expires?: Date | null | undefined
  /** @default '/' */
  readonly path?: string | undefined
  /** Weakens security when set: every subdomain then gets the cookie, and may set one of the same name. */
  readonly domain?: string | undefined
  /** False weakens security: scripts of the page can then read the cookie. @default true */
  readonly httpOnly?: boolean | undefined
  /** `'auto'`: whatever the connection is. */
  readonly secure?: boolean | 'auto' | undefined
  /** `'auto'`: `'none'` on a secure connection, else `'lax'`. */
  readonly sameSite?: boolean | 'lax' | 'strict' | 'none' | 'auto' | undefined
  readonly partitioned?: boolean | undefined
  readonly priority?: 'low' | 'medium' | 'high' | undefined
}

/** What express-session's stores keep of a cookie, and expect to be handed. */
export interface CookieData extends CookieAttributes {
  readonly originalMaxAge: number | null | undefined
  readonly expires: Date | null | undefined
}

/**
 * The cookie of one session, as the application sees it at `req.session.cookie`. Its lifetime is stored with
 * the session; its other attributes are the configuration's, and what is changed here counts for one response.
 */
export class Cookie {
  path: string | undefined = '/'
  /** Read by stores that were written for express-session, hence the name. */
  _expires: Date | null | undefined = null
  originalMaxAge: number | null | undefined = null
  httpOnly: boolean | undefined = true
  declare domain: string | undefined
  declare secure: CookieOptions['secure']
  declare sameSite: CookieOptions['sameSite']
  declare partitioned: boolean | undefined
  declare priority: CookieOptions['priority']
  readonly #clock: Clock

  constructor(options?: CookieOptions, clock: Clock = systemClock) {
    this.#clock = clock
    if (!options) return
    if (typeof options !== 'object') throw new TypeError('argument options must be a object')
    this.assign(options)
    this.originalMaxAge ??= this.maxAge
  }

  /** Takes over options. Inherited ones count, and so does the order: the last of `expires` and `maxAge` wins. */
  assign(options: object): void {
    for (const name in options) {
      if (name !== 'data' && name !== '__proto__') Reflect.set(this, name, Reflect.get(options, name))
    }
  }

  get expires(): Date | null | undefined {
    return this._expires
  }

  /** A date moves `originalMaxAge` too: the session is then renewed by as much as was left when it was set. */
  set expires(expires: Date | null | undefined) {
    this._expires = expires
    this.originalMaxAge = this.maxAge
  }

  /** The lifetime that each response renews; null for a cookie that ends with the browser, which `false` means too. */
  get lifetimeMs(): number | null {
    return typeof this.originalMaxAge === 'number' ? this.originalMaxAge : null
  }

  /** How many milliseconds are left. */
  get maxAge(): number | null | undefined {
    return this._expires instanceof Date ? this._expires.getTime() - this.#clock.now() : this._expires
  }

  set maxAge(maxAge: number | Date | null | undefined) {
    if (maxAge && typeof maxAge !== 'number' && !(maxAge instanceof Date)) {
      throw new TypeError('maxAge must be a number or Date')
    }
    if (typeof maxAge !== 'number') {
      this.expires = maxAge
      return
    }
    this._expires = new Date(this.#clock.now() + maxAge)
    this.originalMaxAge = maxAge
  }

  /** What goes into the store, in express-session's order. */
  get data(): CookieData {
    const { originalMaxAge, partitioned, priority, expires, secure, httpOnly, domain, path, sameSite } = this
    const data = { originalMaxAge, partitioned, priority, expires, secure, httpOnly, domain, path, sameSite }
    // 'auto' is resolved before a cookie is given to a session, so that none is left here.
    return data as CookieData
  }

  /** Writes the value of a `Set-Cookie` header. */
  serialize(name: string, value: string): string {
    if (!isCookieName(name)) throw new TypeError('argument name is invalid')
    return this.write({ name, value: encodeURIComponent(value) })
  }

  /** The same for a value that is percent-encoded already. */
  write(cookie: NamedValue): string {
    const { data } = this
    const lifetime = data.expires ? formatLifetime(data.expires, this.#clock.now()) : ''
    return formatCookie(cookie, frameCookie(data), lifetime)
  }

  toJSON(): CookieData {
    return this.data
  }
}
