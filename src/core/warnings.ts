const warned = new Set<string>()

/** Warns through `process.emitWarning`, once per cause, however often the cause arises. */
export function warnOnce(code: string, message: string): void {
  if (warned.has(message)) return
  warned.add(message)
  process.emitWarning(message, { type: 'SojournWarning', code })
}

/** Warns of a cookie that its own configuration keeps from being sent. */
export function warnInsecure(name: string): void {
  warnOnce(
    'SOJOURN_INSECURE',
    `Expected a secure connection for the cookie ${name}, because \`cookie.secure\` is set, got a plain one: the cookie is not sent. ` +
      "Behind a proxy that ends TLS, set Express's `trust proxy`, or `proxy: true`.",
  )
}

/** Warns of a new session that its visitor will never find again. */
export function warnTooLate(name: string): void {
  warnOnce(
    'SOJOURN_TOO_LATE',
    `Expected a session to begin before the first byte of its response leaves, got one that began after it: the cookie ${name} could not be sent any more. ` +
      'Change the session before the stream begins.',
  )
}

/** Warns of a cookie that a cache may hand to others. */
export function warnShared(): void {
  warnOnce(
    'SOJOURN_SHARED',
    'Expected a response with a session cookie to be kept by nobody, got a `Cache-Control` that lets shared caches keep it: whoever is answered from one may get the cookie of somebody else. ' +
      'Leave the header out, or let such a route not change the session.',
  )
}
