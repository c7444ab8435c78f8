import { type Clock, systemClock } from '../time/clock.ts'
import {
  type CookieAttributes,
  formatCookie,
  formatLifetime,
  frameCookie,
  isCookieName,
  type NamedValue,
} from './set-cookie.ts'

/** The attributes of the session's cookie. */
export interface CookieOptions {
  /** How long the cookie lives, in ms, counted from each response that renews it. @default until the browser is closed */
  readonly maxAge?: number | null | undefined
  /** When the cookie expires. In most cases, use `maxAge` and not this. */
  readonly expires?: Date | null | undefined
  /** @default '/' */
  readonly path?: string | undefined
  /** Weakens security: every subdomain then receives the cookie, and can set one of the same name. @default none */
  readonly domain?: string | undefined
  /** False weakens security: scripts of the page can then read the cookie. @default true */
  readonly httpOnly?: boolean | undefined
  /** Whether browsers send the cookie only over HTTPS. `'auto'`: true on a secure connection, else false. */
  readonly secure?: boolean | 'auto' | undefined
  /** `'auto'`: `'none'` on a secure connection, else `'lax'`. */
  readonly sameSite?: boolean | 'lax' | 'strict' | 'none' | 'auto' | undefined
  readonly partitioned?: boolean | undefined
  readonly priority?: 'low' | 'medium' | 'high' | undefined
}

/** The data of a cookie as stores for express-session expect and keep it. */
export interface CookieData extends CookieAttributes {
  readonly originalMaxAge: number | null | undefined
  readonly expires: Date | null | undefined
}

/**
 * The cookie of a session: `req.session.cookie`. Its lifetime is stored with the session. Its other attributes come from
 * the configuration, and a change to them affects only one response.
 */
export class Cookie {
  path: string | undefined = '/'
  /** Stores for express-session read this name. */
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

  /** Assigns options, also inherited ones. Their order matters: the last of `expires` and `maxAge` wins. */
  assign(options: object): void {
    for (const name in options) {
      if (name !== 'data' && name !== '__proto__') Reflect.set(this, name, Reflect.get(options, name))
    }
  }

  get expires(): Date | null | undefined {
    return this._expires
  }

  /** A date sets `originalMaxAge` too, to the time that is left until then: renewals use that. */
  set expires(expires: Date | null | undefined) {
    this._expires = expires
    this.originalMaxAge = this.maxAge
  }

  /** The lifetime for renewals; null for a cookie that ends with the browser, for which `false` stands too. */
  get lifetimeMs(): number | null {
    return typeof this.originalMaxAge === 'number' ? this.originalMaxAge : null
  }

  /** The milliseconds until the cookie expires. */
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

  /** The data for the store, in express-session's order. */
  get data(): CookieData {
    const { originalMaxAge, partitioned, priority, expires, secure, httpOnly, domain, path, sameSite } = this
    const data = { originalMaxAge, partitioned, priority, expires, secure, httpOnly, domain, path, sameSite }
    // `CookiePolicy` resolves 'auto' before a session gets its cookie, so it cannot be here.
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
