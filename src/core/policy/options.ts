import type { CookieOptions } from '../cookies/cookie.ts'
import { CookiePolicy } from '../cookies/cookie-policy.ts'
import type { Codec } from '../data/codec.ts'
import { strictJsonCodec } from '../data/json-codec.ts'
import type { ConflictResolver } from '../data/merge.ts'
import { structuredCodec } from '../data/structured-codec.ts'
import type { KeyOptions } from '../keys/key-options.ts'
import { KeyRing } from '../keys/key-ring.ts'
import type { Secret } from '../keys/secret.ts'
import { secretBytes } from '../keys/secret.ts'
import type { Deadline } from '../record/deadline.ts'
import type { AddressDetail } from '../record/device.ts'
import type { Store } from '../record/store.ts'
import { SojournError } from '../report/errors.ts'
import { type Clock, systemClock } from '../time/clock.ts'
import { type Duration, parseDuration } from '../time/duration.ts'
import { type Preset, type PresetName, presets } from './presets.ts'

/** The options of a manager. Wrong options throw when the manager is made, not at the first request. */
export interface SessionsOptions {
  /**
   * Signs the cookies: 32 random bytes or more. Of several secrets, the first signs, and all of them verify. Required,
   * unless `keys` is set. Together with `keys`, it only verifies cookies from before.
   */
  readonly secret?: Secret | readonly Secret[] | undefined
  /** Keys that sign and encrypt. They have ids and can be revoked; the first usable one writes. @default none */
  readonly keys?: readonly KeyOptions[] | undefined
  /** With `keys`: until when cookies that `secret` has signed are valid. @default as long as `secret` is set */
  readonly legacyUntil?: Date | number | undefined
  /**
   * Encrypts the data in the store. `'server'`: the server can decrypt it. `'visitor'`: the server can decrypt it only
   * together with the visitor's cookie. With either, data that is not encrypted is not read.
   *
   * @default false
   */
  readonly seal?: 'server' | 'visitor' | false | undefined
  /** The values that a session can hold: those of JSON, or also dates, maps, sets, bigints and cycles. @default 'json' */
  readonly codec?: 'json' | 'structured' | undefined
  /** The maximum size of a session as text, in bytes. A session is always read and written whole. @default 100_000 */
  readonly sizeLimit?: number | undefined
  /** What happens when a larger session is saved: one warning, or an error each time. @default 'warn' */
  readonly onOversize?: 'warn' | 'fail' | undefined
  /** The store that keeps the records. @default a memory store of this process */
  readonly store?: Store | undefined
  /** The cookie's name. @default 'connect.sid' */
  readonly name?: string | undefined
  /** The cookie's attributes, or a function that returns them for a request. @default {} */
  readonly cookie?: CookieOptions | ((request: never) => CookieOptions) | undefined
  /** Returns a new session id. A guessable id weakens security. @default 24 random bytes */
  readonly genid?: ((request: never) => string) | undefined
  /** Ends a session after this long without activity. @default the cookie's `maxAge`, or '24h' without one */
  readonly idle?: Duration | undefined
  /** Ends a session this long after it began, however active it is. @default never */
  readonly absolute?: Duration | undefined
  /** Records activity at most this often. @default a tenth of the idle timeout, at most '1m' */
  readonly touchEvery?: Duration | undefined
  /** Sets `idle`, `absolute` and `touchEvery` to what NIST SP 800-63B-4 requires for an assurance level. @default none */
  readonly preset?: PresetName | undefined
  /** Whether a request does not count as activity, such as a poll. It then does not prolong the session. @default no */
  readonly passive?: ((request: never) => boolean) | undefined
  /** Gives a session a new id after it has had one id for this long. @default never */
  readonly rotateEvery?: Duration | undefined
  /**
   * How long an old id still works after a rotation, counted from the first use of the new id. A long grace weakens
   * security.
   *
   * @default '10s'
   */
  readonly rotationGrace?: Duration | undefined
  /** When a request brings an old id after the grace: refuse the id, or end the session. @default 'refuse' */
  readonly onReplay?: 'refuse' | 'end' | undefined
  /** The maximum number of sessions of one subject. @default any number */
  readonly maxPerSubject?: number | undefined
  /** When a subject has too many sessions: end the oldest, or refuse the new sign-in. @default 'evict-oldest' */
  readonly atLimit?: 'evict-oldest' | 'refuse' | undefined
  /** How much of a signed-in visitor's address is stored: all, the network (/24, /48), or nothing. @default 'whole' */
  readonly addresses?: AddressDetail | undefined
  /** When the session of a request has ended meanwhile: drop the changes, or fail the request. @default 'drop' */
  readonly onGone?: 'drop' | 'fail' | undefined
  /** Resolves a conflict: a name of data that two requests have changed at the same time. @default the last write wins */
  readonly onConflict?: ConflictResolver | undefined
  /**
   * How long one operation of a request may wait for the store, all calls together. Loading the session is an operation,
   * saving it at the end is another, and so is each method of the session. For `update`, the time of its function counts
   * too. Outside of a request, the deadline applies to each call.
   *
   * @default '5s'
   */
  readonly deadline?: Duration | undefined
  /** When a request has several cookies of the session's name. 'first-valid' weakens security. @default 'reject' */
  readonly duplicates?: 'first-valid' | 'reject' | undefined
  /** Sends the cookie with every response, so that the browser keeps it for longer. @default false */
  readonly rolling?: boolean | undefined
  /** Saves the session at the end of every request, even if nothing has changed. @default false */
  readonly resave?: boolean | undefined
  /** Saves new sessions even if they are empty, so that every visitor without a session gets a record. @default false */
  readonly saveUninitialized?: boolean | undefined
  /** What `req.session = null` does to the stored session. @default 'keep' */
  readonly unset?: 'keep' | 'destroy' | undefined
  /** When the store cannot load the session: fail the request, or continue without a session. @default 'fail' */
  readonly onLoadFailure?: 'fail' | 'anonymous' | undefined
  /** When the session cannot be saved: fail the request, or send the response all the same. @default 'fail' */
  readonly onCommitFailure?: 'fail' | 'send' | undefined
  /** The source of time. @default the machine's clock */
  readonly clock?: Clock | undefined
}

type Choice = 'seal' | 'onReplay' | 'atLimit' | 'addresses' | 'onGone' | 'duplicates' | 'unset'
type Switch =
  | 'sizeLimit'
  | 'onOversize'
  | 'rolling'
  | 'resave'
  | 'saveUninitialized'
  | 'onLoadFailure'
  | 'onCommitFailure'
/** The options that the engine uses unchanged, with their defaults filled in. */
type Settled = { readonly [name in Choice | Switch]: NonNullable<SessionsOptions[name]> }

/** The parts of a request that tell whether it is passive. */
interface Visited {
  readonly isPassive?: boolean | undefined
  readonly purpose?: unknown
  readonly request: unknown
}

/** The options in the form that the engine uses. */
export interface Policy extends Settled {
  readonly secrets: readonly Secret[]
  /** Undefined when `secret` signs, and not `keys`. */
  readonly ring: KeyRing | undefined
  readonly legacyUntil: number | undefined
  readonly codec: Codec
  readonly cookies: CookiePolicy
  readonly genid: ((request: never) => string) | undefined
  /** Undefined when the cookie's `maxAge` decides. */
  readonly idleMs: number | undefined
  readonly absoluteMs: number
  /** Undefined when the default applies, which depends on the idle timeout. */
  readonly touchEveryMs: number | undefined
  readonly isPassive: (visited: Visited) => boolean
  /** Whether the application has set `passive`. */
  readonly tellsPassive: boolean
  /** Undefined when ids do not rotate automatically. */
  readonly rotateEveryMs: number | undefined
  readonly graceMs: number
  readonly mostPerSubject: number | undefined
  readonly onConflict: ConflictResolver | undefined
  readonly deadline: Deadline
}

/** Whether secrets or keys are configured. An application may change its array of secrets in place, so the answer can change. */
export function hasKeys({ ring, secrets }: Pick<Policy, 'ring' | 'secrets'>): boolean {
  return ring !== undefined || secrets.length > 0
}

/** Fills in the defaults. The caller has checked the options. `json` is the codec for `codec: 'json'`. */
export function resolveOptions(
  options: Omit<SessionsOptions, 'store'>,
  json: Codec = strictJsonCodec,
): Policy {
  const { clock = systemClock, name = 'connect.sid', cookie = {}, deadline = '5s', genid } = options
  const { duplicates = 'reject', unset = 'keep', onLoadFailure = 'fail', onCommitFailure = 'fail' } = options
  const { seal = false, onReplay = 'refuse', atLimit = 'evict-oldest', addresses = 'whole' } = options
  const { keys, legacyUntil, secret = [], rotationGrace = '10s', passive } = options
  // The array itself and no copy, because an application may rotate its secrets in place.
  const secrets: readonly Secret[] = Array.isArray(secret) ? secret : [secret]
  const preset: Preset = options.preset === undefined ? {} : presets[options.preset]
  const { idle = preset.idle, absolute = preset.absolute, touchEvery = preset.touchEvery } = options
  const ring = keys && KeyRing.of(keys, clock)
  refuseRevoked(keys ?? [], secrets)
  return {
    secrets,
    ring,
    legacyUntil: legacyUntil === undefined ? undefined : Number(legacyUntil),
    seal,
    codec: options.codec === 'structured' ? structuredCodec : json,
    cookies: new CookiePolicy(name, cookie, clock),
    genid,
    idleMs: spanOf('idle', idle),
    absoluteMs: spanOf('absolute', absolute) ?? Number.POSITIVE_INFINITY,
    touchEveryMs: spanOf('touchEvery', touchEvery),
    rotateEveryMs: spanOf('rotateEvery', options.rotateEvery),
    graceMs: parseDuration('rotationGrace', rotationGrace),
    onReplay,
    mostPerSubject: options.maxPerSubject,
    atLimit,
    addresses,
    isPassive: passivity(passive),
    tellsPassive: passive !== undefined,
    onGone: options.onGone ?? 'drop',
    onConflict: options.onConflict,
    deadline: { clock, spanMs: parseDuration('deadline', deadline) },
    duplicates: /^__host-/i.test(name) ? 'reject' : duplicates,
    rolling: Boolean(options.rolling),
    resave: Boolean(options.resave),
    saveUninitialized: Boolean(options.saveUninitialized),
    unset,
    onLoadFailure,
    onCommitFailure,
    sizeLimit: options.sizeLimit ?? 100_000,
    onOversize: options.onOversize ?? 'warn',
  }
}

function spanOf(option: string, value: Duration | undefined): number | undefined {
  return value === undefined ? undefined : parseDuration(option, value)
}

// If `secret` held the secret of a revoked key, cookies that the key has signed would still be valid.
function refuseRevoked(keys: readonly KeyOptions[], secrets: readonly Secret[]): void {
  const revoked = keys.filter(key => key.revoked === true).map(({ secret }) => secretBytes(secret))
  if (!secrets.some(one => revoked.some(other => other.equals(secretBytes(one))))) return
  throw new SojournError(
    'OPTION_INVALID',
    'Expected `secret` to hold nothing that is revoked in `keys`, got the secret of a revoked key. Take it out of `secret`.',
  )
}

function passivity(matches: ((request: never) => boolean) | undefined): (visited: Visited) => boolean {
  const isKnown = ({ isPassive, purpose }: Visited): boolean => isPassive === true || isPrefetch(purpose)
  if (matches === undefined) return isKnown
  // The application wrote the function for the requests of its framework.
  return visited => isKnown(visited) || matches(visited.request as never) === true
}

/** Whether the browser prefetches the page, before the visitor asks for it. */
function isPrefetch(purpose: unknown): boolean {
  return typeof purpose === 'string' && /^\s*prefetch\b/i.test(purpose)
}
