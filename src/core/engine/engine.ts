import { hash } from 'node:crypto'
import type { CookiePolicy } from '../cookies/cookie-policy.ts'
import type { CookieSigner, VerifiedId } from '../cookies/cookie-signer.ts'
import { RingSigner } from '../cookies/ring-signer.ts'
import { Signer } from '../cookies/secret-signer.ts'
import { Encoding } from '../data/encoding.ts'
import { Sealer } from '../data/sealer.ts'
import { checkId, IdMint } from '../ids/id-mint.ts'
import { IdRotation, rootOf } from '../ids/id-rotation.ts'
import { KeyRing } from '../keys/key-ring.ts'
import type { Secret } from '../keys/secret.ts'
import type { Policy } from '../policy/options.ts'
import { Timeouts } from '../policy/timeouts.ts'
import { leasesBeside } from '../process/process-leases.ts'
import { Recollection } from '../process/recollection.ts'
import { Turns } from '../process/turns.ts'
import { askStore, Limit, type StoreVerb, within } from '../record/deadline.ts'
import { attempt, chain } from '../record/maybe-promise.ts'
import { knowsSubjects, lendsNames } from '../record/powers.ts'
import type {
  EncodedData,
  Leases,
  MaybePromise,
  SessionRecord,
  Store,
  StoreTraits,
  SubjectStore,
} from '../record/store.ts'
import { SojournError, unableError } from '../report/errors.ts'
import { publish } from '../report/events.ts'
import type { Clock } from '../time/clock.ts'
import { Terms } from './terms.ts'

/** What all visits of one manager share: the options, the store, the secrets and the time. */
export class Engine {
  readonly policy: Policy
  readonly cookies: CookiePolicy
  readonly clock: Clock
  readonly store: Store<unknown>
  readonly traits: StoreTraits
  readonly terms: Terms
  /** Whether the store is handed the sessions themselves, because other software reads them. */
  readonly keepsSessions: boolean
  readonly timeouts: Timeouts
  /** What seals and what makes form tokens; undefined where each request brings a secret of its own. */
  readonly keys: KeyRing | undefined
  readonly encoding: Encoding
  readonly rotation: IdRotation
  /** The store, where it knows whose sessions are whose. */
  readonly subjectStore: SubjectStore<unknown> | undefined
  /** The store, where it lends names, and otherwise what lends them in this process. */
  readonly leases: Leases
  readonly recollection: Recollection = new Recollection()
  /** Runs what has to be done one at a time in this process, such as the updates of one session. */
  readonly turns: Turns = new Turns()
  readonly mint: IdMint
  readonly configuredSigner: CookieSigner
  readonly otherSigners: Map<Secret, Signer> = new Map()
  /** Whether mistakes are looked for that cost time to find. */
  readonly isDeveloping: boolean = isDeveloping()
  /** How long is waited for the store. */
  limit: Limit
  /** The engine of the manager: for it each call of the store has a deadline of its own. */
  readonly manager: Engine = this

  constructor(policy: Policy, store: Store<EncodedData>, mint: IdMint = new IdMint()) {
    this.policy = policy
    this.mint = mint
    this.cookies = policy.cookies
    this.clock = policy.deadline.clock
    // The engine hands a store what its traits ask for: text, or the session itself.
    this.store = store as Store<unknown>
    this.traits = { ...store.traits }
    this.terms = new Terms(policy, this.traits)
    this.keepsSessions = this.traits.keepsSessions === true
    if (policy.seal !== false && (this.keepsSessions || !hasKeys(policy))) throw sealError()
    this.keys = hasKeys(policy) ? keysOf(policy) : undefined
    this.encoding = encodingOf(policy, this.keepsSessions ? undefined : this.keys)
    this.rotation = new IdRotation(policy.cookies.name, policy.graceMs)
    this.subjectStore = knowsSubjects(this.store) ? this.store : undefined
    this.leases = lendsNames(this.store) ? this.store : leasesBeside(this.store, this.clock)
    this.limit = new Limit(policy.deadline)
    this.timeouts = new Timeouts(policy, this.traits)
    this.configuredSigner = signerOf(policy)
  }

  /**
   * The engine as one request has it: each operation of the request has one deadline for all its calls of the store.
   * It inherits from this one, so that it costs next to nothing; that is why no member of this class is private.
   */
  forRequest(): Engine {
    const engine: Engine = Object.create(this)
    engine.limit = new Limit(this.policy.deadline)
    return engine
  }

  /** Whether an answer leaves as it was written even when its session cannot be stored, as in express-session. */
  get sendsAnyway(): boolean {
    return this.terms.onCommitFailure === 'send'
  }

  now(): number {
    return this.clock.now()
  }

  /** The signer of the configured secrets, or of the one that a request brings where none is configured. */
  signer(secret: Secret | undefined): CookieSigner {
    if (this.policy.ring !== undefined || this.policy.secrets.length > 0) return this.configuredSigner
    if (secret === undefined) throw new SojournError('SECRET_MISSING', 'secret option required for sessions')
    const signer = this.otherSigners.get(secret) ?? new Signer([secret])
    this.otherSigners.set(secret, signer)
    return signer
  }

  mintId(request: unknown): string {
    const { genid } = this.policy
    // The function was given by the application for this framework's requests.
    return genid === undefined ? this.mint.mint() : checkId(genid(request as never))
  }

  /** Under what the store keeps the session of an id. */
  keyOf(id: string): string {
    return this.keepsSessions ? id : this.handleOf(id)
  }

  /** The same for a visitor who comes again and again, for whom it is worked out once. */
  keyOfVisitor(visitor: VerifiedId): string {
    visitor.key ??= this.keyOf(visitor.id)
    return visitor.key
  }

  /**
   * How a session is named to people and in events, whichever of its ids is given. The cookie's name keeps
   * two applications on one store apart.
   */
  handleOf(id: string): string {
    return hash('sha256', `sojourn:${this.cookies.name}:${rootOf(id)}`, 'base64url')
  }

  /** Whether the cookies of another manager are of no use here. */
  isAtOddsWith(other: Engine): boolean {
    // Of other stores two may be one place.
    const isApart = this.store !== other.store && this.store.name === 'memory'
    // Of those that get their secret from each request nobody knows.
    const isKnown = hasKeys(this.policy) && hasKeys(other.policy)
    const probe = (): string => other.configuredSigner.write('probe')
    return isApart || (isKnown && this.configuredSigner.read(probe()) === undefined)
  }

  /** @throws SojournError `STORE_UNABLE` where sessions are kept under their ids, so that a handle finds none. */
  demandHandles(): void {
    if (this.keepsSessions) throw unableError(this.store.name, 'find a session by its handle')
  }

  /** Whether a session is known, without waiting for anybody, to have ended since it was read. */
  isKnownEnded({ key, version }: SessionRecord<unknown>): boolean {
    if (this.traits.readsAtOnce === true) return this.store.load(key) === undefined
    return this.store.hasEnded?.(key, version) === true
  }

  /** Asks the store, within the deadline. A failure is an event, and then the caller's. */
  ask<Answer>(
    verb: StoreVerb,
    id: string | undefined,
    call: (store: Store<unknown>) => MaybePromise<Answer>,
  ): MaybePromise<Answer> {
    const { store, limit } = this
    return attempt(
      () => askStore({ store: store.name, verb, limit }, () => call(store)),
      error => reportFailure(this, id, error),
    )
  }

  /**
   * Tidies up what is nobody's any more. The store is asked even if the operation has used up its time, which then waits no
   * longer. A failure changes nothing.
   */
  tidy(work: (manager: Engine) => MaybePromise<unknown>): MaybePromise<void> {
    const ignore = (): void => undefined
    return attempt(() => chain(within(this.limit, work(this.manager), ignore), ignore), ignore)
  }

  /** Loads the record of an id, by the key that may have been worked out already. */
  load(id: string, key: string = this.keyOf(id)): MaybePromise<SessionRecord<unknown> | undefined> {
    return this.ask('load', id, store => store.load(key))
  }

  /** The id that a session has now, for a request that was let in with this one. What other software keeps has one. */
  currentIdFor(id: string, { rotation }: SessionRecord<unknown>): string | undefined {
    return this.keepsSessions ? id : this.rotation.currentForRequest(id, rotation)
  }

  /**
   * What an application is told of a failure: what went wrong as Sojourn words it, or the store's own error,
   * where express-session's ways are wanted.
   */
  reported(error: unknown): unknown {
    const isRaw = this.sendsAnyway && error instanceof SojournError
    return isRaw ? (error.cause ?? error) : error
  }
}

function isDeveloping(): boolean {
  return process.env.NODE_ENV !== 'production'
}

function reportFailure(engine: Engine, id: string | undefined, error: unknown): never {
  if (error instanceof SojournError) {
    const handle = id === undefined ? undefined : engine.handleOf(id)
    // The error of a store that knows ids may name one, as that of a store of files does.
    const tell = (): SojournError =>
      engine.keepsSessions ? new SojournError(error.code, error.message) : error
    publish('store-failed', () => ({ handle, error: tell() }))
  }
  throw error
}

function signerOf(policy: Policy): CookieSigner {
  const signer = new Signer(policy.secrets)
  if (policy.ring === undefined) return signer
  return new RingSigner(policy.ring, { cookieName: policy.cookies.name, legacy: legacyOf(policy, signer) })
}

function encodingOf(
  { codec, seal, cookies, sizeLimit, onOversize }: Policy,
  keys: KeyRing | undefined,
): Encoding {
  return new Encoding({
    codec,
    cookieName: cookies.name,
    sealer: keys && new Sealer(keys, seal || 'server'),
    isSealing: seal !== false,
    checksAssignments: isDeveloping(),
    sizeLimit,
    onOversize,
  })
}

/** What plain secrets have sealed before is read by `keys` as long as the cookies of that time are. */
function keysOf(policy: Policy): KeyRing {
  const plain = KeyRing.ofSecrets(policy.secrets, policy.deadline.clock)
  return policy.ring?.alsoReading(legacyOf(policy, plain)) ?? plain
}

/** Answers what reads the work of plain secrets beside `keys`, and nothing from `legacyUntil` on. */
function legacyOf<Reader>(policy: Policy, reader: Reader): () => Reader | undefined {
  const { legacyUntil = Number.POSITIVE_INFINITY, deadline } = policy
  return () => (deadline.clock.now() < legacyUntil ? reader : undefined)
}

function hasKeys({ ring, secrets }: Policy): boolean {
  return ring !== undefined || secrets.length > 0
}

function sealError(): SojournError {
  return new SojournError(
    'OPTION_INVALID',
    "Expected `seal` with `secret` or `keys` and a store of Sojourn's, because a store that was written for express-session keeps sessions as they are.",
  )
}
