import { hash } from 'node:crypto'
import type { CookiePolicy } from '../cookies/cookie-policy.ts'
import type { CookieSigner, VerifiedId } from '../cookies/cookie-signer.ts'
import { Signer } from '../cookies/secret-signer.ts'
import { Encoding } from '../data/encoding.ts'
import { Sealer } from '../data/sealer.ts'
import { checkId, IdMint } from '../ids/id-mint.ts'
import { IdRotation, rootOf } from '../ids/id-rotation.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import type { Secret } from '../keys/secret.ts'
import { hasKeys, type Policy } from '../policy/options.ts'
import { Timeouts } from '../policy/timeouts.ts'
import { leasesBeside } from '../process/process-leases.ts'
import { Recollection } from '../process/recollection.ts'
import { Sweeper } from '../process/sweeper.ts'
import { Turns } from '../process/turns.ts'
import { askStore, Limit, type StoreVerb, within } from '../record/deadline.ts'
import { attempt, chain } from '../record/maybe-promise.ts'
import { canSweep, knowsSubjects, lendsNames } from '../record/powers.ts'
import type {
  EncodedData,
  Leases,
  LoadedRecord,
  MaybePromise,
  SessionRecord,
  Store,
  StoreCall,
  StoreTraits,
  SubjectStore,
} from '../record/store.ts'
import { SojournError, unableError } from '../report/errors.ts'
import { publish } from '../report/events.ts'
import type { Clock } from '../time/clock.ts'
import { keysOf, signerOf } from './policy-keys.ts'
import { Terms } from './terms.ts'

/** The state that all visits of one manager share: the options, the store, the keys and the clock. */
export class Engine {
  readonly policy: Policy
  readonly cookies: CookiePolicy
  readonly clock: Clock
  readonly store: Store<unknown>
  readonly traits: StoreTraits
  readonly terms: Terms
  /** Whether the store gets sessions and no encoded data, because other software reads them. */
  readonly keepsSessions: boolean
  readonly timeouts: Timeouts
  /** The keys that encrypt data and sign form tokens; undefined if each request has its own `req.secret`. */
  readonly keys: KeyRing | undefined
  readonly encoding: Encoding
  readonly rotation: IdRotation
  /** The store, if it can find sessions by subject. */
  readonly subjectStore: SubjectStore<unknown> | undefined
  /** The store, if it can grant leases, and else leases of this process. */
  readonly leases: Leases
  readonly recollection: Recollection = new Recollection()
  /** Removes expired records, if the store does not do that itself. */
  readonly sweeper: Sweeper | undefined
  /** Queues for work that must run one at a time in this process, such as the updates of one session. */
  readonly turns: Turns = new Turns()
  readonly mint: IdMint
  readonly configuredSigner: CookieSigner
  readonly otherSigners: Map<Secret, Signer> = new Map()
  /** Whether to run slow checks for mistakes of the application. */
  readonly isDeveloping: boolean = process.env.NODE_ENV !== 'production'
  /** The deadline for calls of the store. */
  limit: Limit
  /** The engine of the manager, which a request's engine inherits. Here each call of the store has its own deadline. */
  readonly manager: Engine = this

  constructor(policy: Policy, store: Store<EncodedData>, mint: IdMint = new IdMint()) {
    this.policy = policy
    this.mint = mint
    this.cookies = policy.cookies
    this.clock = policy.deadline.clock
    // The engine passes a store the data that its traits ask for: encoded data, or the session itself.
    this.store = store as Store<unknown>
    this.traits = { ...store.traits }
    this.terms = new Terms(policy, this.traits)
    this.keepsSessions = this.traits.keepsSessions === true
    if (policy.seal !== false && (this.keepsSessions || !hasKeys(policy))) throw sealError()
    this.keys = hasKeys(policy) ? keysOf(policy) : undefined
    this.encoding = encodingOf(policy, this.keepsSessions ? undefined : this.keys, this.isDeveloping)
    this.rotation = new IdRotation(policy.cookies.name, policy.graceMs)
    this.subjectStore = knowsSubjects(this.store) ? this.store : undefined
    this.leases = lendsNames(this.store) ? this.store : leasesBeside(this.store, this.clock)
    this.sweeper = sweeperOf(this)
    this.limit = new Limit(policy.deadline)
    this.timeouts = new Timeouts(policy, this.traits)
    this.configuredSigner = signerOf(policy)
  }

  /**
   * Makes the engine of one request: all calls of the store in one operation of the request share one deadline.
   * It inherits from this engine, because that costs almost nothing. So no member of this class can be `#private`.
   */
  forRequest(): Engine {
    const engine: Engine = Object.create(this)
    engine.limit = new Limit(this.policy.deadline)
    return engine
  }

  /** Whether a response is sent even if its session cannot be saved, as in express-session. */
  get sendsAnyway(): boolean {
    return this.terms.sendsAnyway
  }

  now(): number {
    return this.clock.now()
  }

  /** The signer of the configured secrets, or of the request's own secret if none is configured. */
  signer(secret: Secret | undefined): CookieSigner {
    if (hasKeys(this.policy)) return this.configuredSigner
    if (secret === undefined) throw new SojournError('SECRET_MISSING', 'secret option required for sessions')
    const signer = this.otherSigners.get(secret) ?? new Signer([secret])
    this.otherSigners.set(secret, signer)
    return signer
  }

  mintId(request: unknown): string {
    const { genid } = this.policy
    // The application wrote the function for the requests of its framework.
    return genid === undefined ? this.mint.mint() : checkId(genid(request as never))
  }

  /** The key of a session in the store. */
  keyOf(id: string): string {
    return this.keepsSessions ? id : this.handleOf(id)
  }

  /** The same for a visitor, remembered with the verified cookie, because the same visitors return. */
  keyOfVisitor(visitor: VerifiedId): string {
    visitor.key ??= this.keyOf(visitor.id)
    return visitor.key
  }

  /**
   * The handle of a session: its public name in logs and events. All ids that a session has had give the same handle.
   * The cookie's name is part of the hash, so that two applications on one store have different handles.
   */
  handleOf(id: string): string {
    return hash('sha256', `sojourn:${this.cookies.name}:${rootOf(id)}`, 'base64url')
  }

  /** Whether this manager cannot use the cookies of another one. */
  isAtOddsWith(other: Engine): boolean {
    // Two store objects of another kind may use the same database.
    const isApart = this.store !== other.store && this.store.name === 'memory'
    // The secrets of managers that take them from each request are not known here.
    const isKnown = hasKeys(this.policy) && hasKeys(other.policy)
    const probe = (): string => other.configuredSigner.write('probe')
    return isApart || (isKnown && this.configuredSigner.read(probe()) === undefined)
  }

  /** @throws SojournError `STORE_UNABLE` if the store keeps sessions under their ids, so that a handle finds none. */
  demandHandles(): void {
    if (this.keepsSessions) throw unableError(this.store.name, 'find a session by its handle')
  }

  /** Whether a session is known to have ended since it was read, without waiting for the store. */
  isKnownEnded({ key, version }: SessionRecord<unknown>): boolean {
    if (this.traits.readsAtOnce === true) return this.store.load(key) === undefined
    return this.store.hasEnded?.(key, version) === true
  }

  /** Calls the store, within the deadline. Publishes a failure as an event, and throws it. */
  ask<Answer>(
    verb: StoreVerb,
    id: string | undefined,
    ask: (store: Store<unknown>, call: StoreCall) => MaybePromise<Answer>,
  ): MaybePromise<Answer> {
    const { store, limit } = this
    if (verb === 'create') this.sweeper?.plan()
    return attempt(
      () => askStore({ store: store.name, verb, limit }, call => ask(store, call)),
      error => reportFailure(this, id, error),
    )
  }

  /**
   * Runs a cleanup whose failure does not matter. It calls the store even if the operation has used up its deadline; the
   * operation then does not wait for the cleanup.
   */
  tidy(work: (manager: Engine) => MaybePromise<unknown>): MaybePromise<void> {
    const ignore = (): void => undefined
    return attempt(() => chain(within(this.limit, work(this.manager), ignore), ignore), ignore)
  }

  /** Loads the record of an id. A caller that knows the key passes it, which saves a hash. */
  load(id: string, key: string = this.keyOf(id)): MaybePromise<LoadedRecord<unknown> | undefined> {
    return this.ask('load', id, (store, call) => store.load(key, call))
  }

  /** The present id of a session, for a request that began with this one. Sessions of other software never rotate. */
  currentIdFor(id: string, { rotation }: SessionRecord<unknown>): string | undefined {
    return this.keepsSessions ? id : this.rotation.currentForRequest(id, rotation)
  }

  /**
   * The error that the application gets for a failure. With `onCommitFailure: 'send'`, it is the store's own error, as in
   * express-session.
   */
  reported(error: unknown): unknown {
    const isRaw = this.sendsAnyway && error instanceof SojournError
    return isRaw ? (error.cause ?? error) : error
  }
}

function reportFailure(engine: Engine, id: string | undefined, error: unknown): never {
  if (error instanceof SojournError) {
    const handle = id === undefined ? undefined : engine.handleOf(id)
    // A store that knows ids may name one in its error, as a file store does. So the event has no `cause`.
    const tell = (): SojournError =>
      engine.keepsSessions ? new SojournError(error.code, error.message) : error
    publish('store-failed', () => ({ handle, error: tell() }))
  }
  throw error
}

function sweeperOf(engine: Engine): Sweeper | undefined {
  const { store, clock, leases } = engine
  if (!canSweep(store)) return undefined
  return new Sweeper({
    clock,
    leases,
    closed: store.closed,
    sweep: (limit, by) =>
      engine.ask('remove expired sessions', undefined, (_store, call) => store.sweep(limit, by, call)),
  })
}

function encodingOf(
  { codec, seal, cookies, sizeLimit, onOversize }: Policy,
  keys: KeyRing | undefined,
  checksAssignments: boolean,
): Encoding {
  return new Encoding({
    codec,
    cookieName: cookies.name,
    sealer: keys && new Sealer(keys, seal || 'server'),
    isSealing: seal !== false,
    checksAssignments,
    sizeLimit,
    onOversize,
  })
}

function sealError(): SojournError {
  return new SojournError(
    'OPTION_INVALID',
    "Expected `seal` with `secret` or `keys` and a store of Sojourn's, because a store that was written for express-session keeps sessions as they are.",
  )
}
