import { warnShortLife } from '../report/warnings.ts'
import type { Clock } from '../time/clock.ts'
import { Cookie, type CookieOptions } from './cookie.ts'
import { type CookieFrame, formatCookie, formatDeletion, formatLifetime, frameCookie } from './set-cookie.ts'

/** The parts of a request that the cookie's configuration may depend on. */
export interface CookieContext {
  readonly isSecure: boolean
  /** The framework's request, which a `cookie` function receives. */
  readonly request: unknown
}

/** The configured cookie: the same attributes for every request, or a function that returns them for one. */
export type CookieConfiguration = CookieOptions | ((request: never) => CookieOptions)

/** Makes the cookies of sessions, and the headers that carry them. */
export class CookiePolicy {
  readonly name: string
  readonly #configured: CookieOptions | ((request: unknown) => CookieOptions)
  readonly #clock: Clock
  readonly #frames: { secure?: CookieFrame; insecure?: CookieFrame } = {}

  constructor(name: string, configured: CookieConfiguration, clock: Clock) {
    this.name = name
    this.#configured = typeof configured === 'function' ? oncePerRequest(configured) : checkLife(configured)
    this.#clock = clock
  }

  /** The cookie's path for a request. */
  pathFor(request: unknown): string {
    return this.#configuredFor(request).path || '/'
  }

  /** The `maxAge` of every new session; undefined if it depends on the request or on its time. */
  get commonMaxAge(): number | null | undefined {
    if (typeof this.#configured === 'function' || this.#configured.expires !== undefined) return undefined
    const { maxAge = null } = this.#configured
    return typeof maxAge === 'number' || maxAge === null ? maxAge : undefined
  }

  /** The `maxAge` of a new session of this request. */
  maxAgeFor(context: CookieContext): number | null {
    const { commonMaxAge } = this
    return commonMaxAge === undefined ? this.cookieFor(context).lifetimeMs : commonMaxAge
  }

  /** The configured cookie for a request, with `'auto'` resolved. */
  cookieFor({ request, isSecure }: CookieContext): Cookie {
    return new Cookie(resolveAuto(this.#configuredFor(request), isSecure), this.#clock)
  }

  /** Writes the header for a session whose cookie the application has not accessed. */
  write(value: string, context: CookieContext, maxAge: number | null): string {
    const now = this.#clock.now()
    const lifetime = maxAge === null ? '' : formatLifetime(new Date(now + maxAge), now)
    return formatCookie({ name: this.name, value }, this.#frameFor(context), lifetime)
  }

  writeDeletion(context: CookieContext): string {
    return formatDeletion(this.name, this.#frameFor(context))
  }

  /** Whether the configured cookie may be sent on this connection. With `'auto'` it always may. */
  isAllowed(context: CookieContext): boolean {
    const { secure } = this.#configuredFor(context.request)
    return !secure || secure === 'auto' || context.isSecure
  }

  /** Whether a function of the application returns the attributes for each request. */
  get isPerRequest(): boolean {
    return typeof this.#configured === 'function'
  }

  #configuredFor(request: unknown): CookieOptions {
    return typeof this.#configured === 'function' ? this.#configured(request) : this.#configured
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

/** Calls the application's function only once for each request. */
function oncePerRequest(configured: (request: never) => CookieOptions): (request: unknown) => CookieOptions {
  const answers = new WeakMap<object, CookieOptions>()
  return request => {
    const key = Object(request)
    // The application wrote the function for the requests of its framework. It may return nothing.
    const answer = answers.get(key) ?? checkLife(configured(request as never) ?? {})
    answers.set(key, answer)
    return answer
  }
}

/** Warns about a lifetime that is too short, and returns the attributes. */
function checkLife(options: CookieOptions): CookieOptions {
  const { maxAge } = options
  if (typeof maxAge === 'number' && maxAge > 0 && maxAge < 60_000) warnShortLife(maxAge)
  return options
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
