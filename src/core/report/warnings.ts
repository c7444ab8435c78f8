const warned = new Set<string>()
/** A message may contain text of a visitor, as a name of data. The bound keeps visitors from filling memory and log. */
const mostCauses = 1000

/** Warns through `process.emitWarning`, once per message. */
export function warnOnce(code: string, message: string): void {
  if (warned.has(message) || warned.size >= mostCauses) return
  warned.add(message)
  process.emitWarning(message, { type: 'SojournWarning', code })
}

/** Warns that a cookie is not sent, because its configuration requires a secure connection. */
export function warnInsecure(name: string): void {
  warnOnce(
    'SOJOURN_INSECURE',
    `Expected a secure connection for the cookie ${name}, because \`cookie.secure\` is set, got a plain one: the cookie is not sent. ` +
      "Behind a proxy that ends TLS, set Express's `trust proxy`, or `proxy: true`.",
  )
}

/** Warns that a cookie could not be sent, because the head had left: no request will find a new session. */
export function warnTooLate(name: string): void {
  warnOnce(
    'SOJOURN_TOO_LATE',
    `Expected a session to change before the first byte of its response leaves, got a change after it: the cookie ${name} could not be sent any more. ` +
      'Change the session before the stream begins.',
  )
}

/** Warns about a change after the response has ended, which nothing saves. */
export function warnAfterEnd(): void {
  warnOnce(
    'SOJOURN_TOO_LATE',
    'Expected a session to change before its response ends, got a change after it, which is not stored. ' +
      'Change the session before the answer, or call `save()` after the change.',
  )
}

/** Warns about a change to a session that the request has replaced or ended. */
export function warnStale(): void {
  warnOnce(
    'SOJOURN_TOO_LATE',
    'Expected a change of `req.session`, got a change of a session that has ended or was replaced: it is not stored. ' +
      'Await methods such as `regenerate` and `signIn`, and then change `req.session`, not a variable from before.',
  )
}

/** Warns that a shared cache may keep a response with a session cookie, and send it to other visitors. */
export function warnShared(): void {
  warnOnce(
    'SOJOURN_SHARED',
    "Expected no shared cache to keep a response with a session cookie, got a `Cache-Control` that allows it: other visitors may get this visitor's cookie from the cache. " +
      'Leave the header out, or do not change the session in this route.',
  )
}

/** Warns about a `maxAge` that was probably meant in seconds. */
export function warnShortLife(maxAge: number): void {
  warnOnce(
    'SOJOURN_LIFETIME',
    `Expected \`cookie.maxAge\` to be at least a minute, in milliseconds, got ${maxAge}, which is ${maxAge / 1000} seconds. ` +
      `If it was meant in seconds, write ${maxAge * 1000}.`,
  )
}

/** Warns about a large session, which slows down each request of its visitor. */
export function warnTooLarge(sizeLimit: number): void {
  warnOnce(
    'SOJOURN_SIZE',
    `Expected a session of at most ${sizeLimit} bytes, got a larger one, which is read and written whole. ` +
      'Keep what is large in a database, or raise `sizeLimit`.',
  )
}
