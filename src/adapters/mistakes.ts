import { describeKind } from '../core/policy/option-checks.ts'
import { SojournError } from '../core/report/errors.ts'
import { warnOnce } from '../core/report/warnings.ts'
import { isClient } from '../stores/redis/client.ts'

/**
 * Throws if the argument is not an object of options. The message shows only its type, because it may be a secret.
 *
 * @throws SojournError `OPTION_INVALID`
 */
export function demandOptions(name: 'session' | 'createSessions', options: unknown): void {
  const isOptions =
    typeof options === 'object' && options !== null && !Array.isArray(options) && !ArrayBuffer.isView(options)
  if (isOptions) return
  throw new SojournError(
    'OPTION_INVALID',
    `Expected \`${name}\` to be called with an object of options, got ${describeKind(options)}. Write \`${name}({ secret })\`.`,
  )
}

/** The error for `app.use(session)`: the application has mounted the function that makes the middleware. */
export function uncalledError(): SojournError {
  return new SojournError(
    'OPTION_INVALID',
    'Expected `app.use(session({ secret }))`, got `app.use(session)`. Call `session` with its options.',
  )
}

/** Warns about a middleware that does nothing, because another one has given the request a session. */
export function warnTwice(): void {
  warnOnce(
    'SOJOURN_TWICE',
    'Expected one session for a request, got `session()` on a request that has one already: it does nothing there. ' +
      'Mount one `session()` for each path.',
  )
}

/** The advice for a value that gives no hint of what the application meant. */
export const anyStore =
  "Pass a store of Sojourn's, such as `openStore('redis://…')`, or one that was written for express-session."

/** The message for a value that is no store; undefined for a store. It does not show a URL, which may hold a password. */
export function storeProblem(store: unknown): string | undefined {
  const remedy = remedyFor(store)
  if (remedy === undefined && hasVerbs(store)) return undefined
  return `Expected \`store\` to be a store, got ${describeKind(store)}. ${remedy ?? anyStore}`
}

function remedyFor(store: unknown): string | undefined {
  if (typeof store === 'string' || store instanceof URL)
    return 'Open the store of a URL with `openStore(url)`.'
  if (typeof store === 'function') return 'Call it, or construct it with `new`, and pass the store.'
  if (isClient(store)) return 'Make a store of this client of Redis with `redisStore({ client })`.'
  return hasMethod(store, 'then') ? 'Await it, and pass the result.' : undefined
}

/** Accepts every event emitter: an instance of express-session's base class may get its methods later. */
function hasVerbs(store: unknown): boolean {
  return hasMethod(store, 'on') || (hasMethod(store, 'create') && hasMethod(store, 'replace'))
}

function hasMethod(store: unknown, name: string): boolean {
  return typeof store === 'object' && store !== null && typeof Reflect.get(store, name) === 'function'
}
