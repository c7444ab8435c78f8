import type { Clock } from './clock.ts'
import { Cookie, type CookieOptions } from './cookie.ts'
import { type CookieFrame, formatCookie, formatDeletion, formatLifetime, frameCookie } from './set-cookie.ts'

/** What the cookie's configuration may depend on. */
export interface CookieContext {
  readonly isSecure: boolean
  /** The framework's request, handed to a `cookie` function. */
  readonly request: unknown
}

/** The configured cookie: the same for every request, or asked for at each. */
export type CookieConfiguration = CookieOptions | ((request: never) => CookieOptions)

/** Makes the cookies of sessions, and the headers that carry them. */
export class CookiePolicy {
  readonly name: string
  readonly #configured: CookieConfiguration
  readonly #clock: Clock
  readonly #frames: { secure?: CookieFrame; insecure?: CookieFrame } = {}

  constructor(name: string, configured: CookieConfiguration, clock: Clock) {
    this.name = name
    this.#configured = configured
    this.#clock = clock
  }

  /** The path that the cookie of a request is for. */
  pathFor(request: unknown): string {
    return this.#configuredFor(request).path || '/'
  }

  /** The lifetime that every new session gets; undefined where it depends on the request, or on when it comes. */
  get commonMaxAge(): number | null | undefined {
    if (typeof this.#configured === 'function' || this.#configured.expires !== undefined) return undefined
    const { maxAge = null } = this.#configured
    return typeof maxAge === 'number' || maxAge === null ? maxAge : undefined
  }

  /** The lifetime that a new session of this request gets. */
  maxAgeFor(context: CookieContext): number | null {
    const { commonMaxAge } = this
    return commonMaxAge === undefined ? this.cookieFor(context).lifetimeMs : commonMaxAge
  }

  /** The configured cookie for one request, with `'auto'` decided. */
  cookieFor({ request, isSecure }: CookieContext): Cookie {
    return new Cookie(resolveAuto(this.#configuredFor(request), isSecure), this.#clock)
  }

  /** Writes the header for a session whose cookie the application has not looked at. */
  write(value: string, context: CookieContext, maxAge: number | null): string {
    const now = this.#clock.now()
    const lifetime = maxAge === null ? '' : formatLifetime(new Date(now + maxAge), now)
    return formatCookie({ name: this.name, value }, this.#frameFor(context), lifetime)
  }

  /** Writes the header for a session whose cookie the application may have changed. */
  writeOwn(value: string, cookie: Cookie): string {
    return cookie.write({ name: this.name, value })
  }

  writeDeletion(context: CookieContext): string {
    return formatDeletion(this.name, this.#frameFor(context))
  }

  /** Whether the configured cookie may go out on this connection. `'auto'` always may. */
  isAllowed(context: CookieContext): boolean {
    const { secure } = this.#configuredFor(context.request)
    return !secure || secure === 'auto' || context.isSecure
  }

  #configuredFor(request: unknown): CookieOptions {
    const configured = this.#configured
    // The function was given by the application for this framework's requests. It may answer nothing.
    return typeof configured === 'function' ? (configured(request as never) ?? {}) : configured
  }

  #frameFor(context: CookieContext): CookieFrame {
    if (typeof this.#configured === 'function') return this.#newFrame(context)
    const kind = context.isSecure ? 'secure' : 'insecure'
    this.#frames[kind] ??= this.#newFrame(context)
    return this.#frames[kind]
  }

  #newFrame(context: CookieContext): CookieFrame {
    return frameCookie(this.cookieFor(context).data)
  }
}

function resolveAuto(options: CookieOptions, isSecure: boolean): CookieOptions {
  if (options.secure !== 'auto' && options.sameSite !== 'auto') return options
  const sameSite = isSecure ? 'none' : 'lax'
  return {
    ...options,
    ...(options.secure === 'auto' && { secure: isSecure }),
    ...(options.sameSite === 'auto' && { sameSite }),
  }
}
