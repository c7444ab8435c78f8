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

/** How sessions are kept. Every option is checked when it is handed in. */
export interface SessionsOptions {
  /**
   * Signs the cookies: 32 random bytes or more. Of several, the first signs and each verifies. It has to be there
   * unless `keys` are; beside those, it only reads the cookies that it has signed before.
   */
  readonly secret?: Secret | readonly Secret[] | undefined
  /** Signs and seals, by keys that have ids and can be revoked: the first that is usable writes. @default none */
  readonly keys?: readonly KeyOptions[] | undefined
  /** Until when cookies that `secret` has signed are read, where `keys` write. @default as long as `secret` is there */
  readonly legacyUntil?: Date | number | undefined
  /**
   * Encrypts what the store keeps: for the server, or so that only the visitor's own cookie opens it as well.
   * What is not sealed is then not read. @default false
   */
  readonly seal?: 'server' | 'visitor' | false | undefined
  /** What a session can hold: what JSON can, or also dates, maps, sets, bigints and cycles. @default 'json' */
  readonly codec?: 'json' | 'structured' | undefined
  /** How many bytes of text a session should have at most: it is read and written whole. @default 100_000 */
  readonly sizeLimit?: number | undefined
  /** What a session is that has more: a warning, once, or an error where it would be stored. @default 'warn' */
  readonly onOversize?: 'warn' | 'fail' | undefined
  /** Where the records are kept. @default a memory store of this process */
  readonly store?: Store | undefined
  /** The cookie's name. @default 'connect.sid' */
  readonly name?: string | undefined
  /** The cookie's attributes, or a function that says them for a request. @default {} */
  readonly cookie?: CookieOptions | ((request: never) => CookieOptions) | undefined
  /** Makes ids in the place of the built-in 24 random bytes. A guessable id weakens security. */
  readonly genid?: ((request: never) => string) | undefined
  /** Ends a session after this long without activity. @default the cookie's `maxAge`, or '24h' without one */
  readonly idle?: Duration | undefined
  /** Ends a session this long after it began, however active it is. @default never */
  readonly absolute?: Duration | undefined
  /** Records activity at most this often. @default a tenth of the idle timeout, at most '1m' */
  readonly touchEvery?: Duration | undefined
  /** Fills in `idle`, `absolute` and `touchEvery` as NIST SP 800-63B-4 asks of an assurance level. @default none */
  readonly preset?: PresetName | undefined
  /** Tells which requests are no sign of life, such as a poll: they prolong no session. @default none is */
  readonly passive?: ((request: never) => boolean) | undefined
  /** Gives a session a new id when it has had the one for this long. @default never */
  readonly rotateEvery?: Duration | undefined
  /**
   * How long an id still leads to the one that took its place, once that has been used. A long grace weakens security.
   *
   * @default '10s'
   */
  readonly rotationGrace?: Duration | undefined
  /** What happens to a session whose old id is used after the grace: nothing, or it ends. @default 'refuse' */
  readonly onReplay?: 'refuse' | 'end' | undefined
  /** How many sessions one subject may have. @default any number */
  readonly maxPerSubject?: number | undefined
  /** Who gives way when a subject has too many sessions: the earliest sign-in, or the newest. @default 'evict-oldest' */
  readonly atLimit?: 'evict-oldest' | 'refuse' | undefined
  /** How much of the address is kept of who is signed in: all, the network (/24, /48), or nothing. @default 'whole' */
  readonly addresses?: AddressDetail | undefined
  /** What a change is worth that comes after the end of its session: nothing, or an error response. @default 'drop' */
  readonly onGone?: 'drop' | 'fail' | undefined
  /** Decides about a name of data that two requests have changed at the same time. @default the last write counts */
  readonly onConflict?: ConflictResolver | undefined
  /**
   * How long one operation of a request may wait: to open, to end, or a method of the session, with all its calls of the
   * store together, and for `update` with its function. Outside a request it counts for each call. @default '5s'
   */
  readonly deadline?: Duration | undefined
  /** What several cookies of the session's name mean. 'first-valid' weakens security. @default 'reject' */
  readonly duplicates?: 'first-valid' | 'reject' | undefined
  /** Sends the cookie with every response, so that it lives on in the browser. @default false */
  readonly rolling?: boolean | undefined
  /** Stores a session at the end of every request, changed or not. @default false */
  readonly resave?: boolean | undefined
  /** Stores a session that holds nothing, so that every stranger costs a record. @default false */
  readonly saveUninitialized?: boolean | undefined
  /** What `req.session = null` does to the stored session. @default 'keep' */
  readonly unset?: 'keep' | 'destroy' | undefined
  /** A store that fails to load: an error, or a request without a session. @default 'fail' */
  readonly onLoadFailure?: 'fail' | 'anonymous' | undefined
  /** A session that cannot be stored: an error response, or the answer as written. @default 'fail' */
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
/** The options that the engine uses as they are, with their defaults. */
type Settled = { readonly [name in Choice | Switch]: NonNullable<SessionsOptions[name]> }

/** What tells whether a request is a sign of life. */
interface Visited {
  readonly isPassive?: boolean | undefined
  readonly purpose?: unknown
  readonly request: unknown
}

/** The options as the engine uses them. */
export interface Policy extends Settled {
  readonly secrets: readonly Secret[]
  /** Undefined where plain secrets sign. */
  readonly ring: KeyRing | undefined
  readonly legacyUntil: number | undefined
  readonly codec: Codec
  readonly cookies: CookiePolicy
  readonly genid: ((request: never) => string) | undefined
  /** Undefined where the cookie's lifetime decides. */
  readonly idleMs: number | undefined
  readonly absoluteMs: number
  /** Undefined where the idle timeout decides. */
  readonly touchEveryMs: number | undefined
  readonly isPassive: (visited: Visited) => boolean
  /** Whether the application tells passive requests from others. */
  readonly tellsPassive: boolean
  /** Undefined where ids are not changed by themselves. */
  readonly rotateEveryMs: number | undefined
  readonly graceMs: number
  readonly mostPerSubject: number | undefined
  readonly onConflict: ConflictResolver | undefined
  readonly deadline: Deadline
}

/** Fills in the defaults. The options have been checked. `json` is what the codec of that name is. */
export function resolveOptions(
  options: Omit<SessionsOptions, 'store'>,
  json: Codec = strictJsonCodec,
): Policy {
  const { clock = systemClock, name = 'connect.sid', cookie = {}, deadline = '5s', genid } = options
  const { duplicates = 'reject', unset = 'keep', onLoadFailure = 'fail', onCommitFailure = 'fail' } = options
  const { seal = false, onReplay = 'refuse', atLimit = 'evict-oldest', addresses = 'whole' } = options
  const { keys, legacyUntil, secret = [], rotationGrace = '10s', passive } = options
  // The array itself, because an application may rotate its secrets in place.
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

// A secret that is revoked as a key would go on reading as the secret of old cookies.
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
  // The function was given by the application for this framework's requests.
  return visited => isKnown(visited) || matches(visited.request as never) === true
}

/** Whether a browser has made the request before anybody wanted the page. */
function isPrefetch(purpose: unknown): boolean {
  return typeof purpose === 'string' && /^\s*prefetch\b/i.test(purpose)
}
