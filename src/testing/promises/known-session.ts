import { hold } from './broken-promise.ts'
import { Register, Tally } from './registers.ts'
import type { Moment, Span } from './timeline.ts'

/** How long sessions live in a story. */
export interface Lifetimes {
  readonly idleMs: number
  readonly absoluteMs: number
  /** The interval at which activity is recorded. */
  readonly touchEveryMs: number
  readonly graceMs: number
}

/** The number of id changes that a record certainly notes. It may forget an older id before its grace is over. */
export const mostRotations = 4

/** One of the ids that a session has or had. */
export interface KnownId {
  readonly id: string
  readonly session: KnownSession
  /** When operations began that may have replaced it by another id. */
  readonly attempts: Set<Moment>
  /** Since when another id has certainly replaced it. */
  givenUp: Moment | undefined
  /** Since when a visitor has certainly used a later id, which begins the grace of this one. */
  outdatedAt: number | undefined
}

/** A request that may have noted in the record which id its visitor has. */
export interface Use {
  readonly brought: string | undefined
  readonly from: Moment
}

/** What the model knows of one session, from the answers to its requests. */
export class KnownSession {
  readonly handle: string
  /** Its name in a trace. */
  readonly name: string
  /** Its subject, and when they signed in. */
  signIn: { readonly subject: string; readonly from: Moment; until: Moment | undefined } | undefined
  /** Since when it is certainly stored. */
  storedAt: Moment | undefined
  /** Whether it continues another session, so that its absolute timeout counts from the beginning of that one. */
  hasInherited = false
  /** Since when it has certainly ended. */
  overSince: Moment | undefined
  /**
   * Since when no new request finds it, for certain. A line has ended it, but its record may still be there: requests
   * that loaded it before may write to it until `endAll` is done.
   */
  hiddenSince: Moment | undefined
  /** When operations began that may have ended it. */
  readonly endings: Set<Moment> = new Set()
  /** When the operations under way began that may prolong it. */
  readonly prolonging: Set<Moment> = new Set()
  /** When operations began that may have changed its id. */
  readonly rotations: Set<Moment> = new Set()
  readonly uses: Use[] = []
  readonly tally: Tally = new Tally()
  readonly #registers = new Map<string, Register>()
  readonly #lifetimes: Lifetimes
  /** When it may have begun, for the absolute timeout. */
  #begun: { readonly earliest: number; readonly latest: number }
  #mayBeStored = false
  #sureActivityAt: number = Number.NEGATIVE_INFINITY
  #possibleActivityAt: number

  constructor(identity: { handle: string; name: string }, now: Moment, lifetimes: Lifetimes) {
    this.handle = identity.handle
    this.name = identity.name
    this.#lifetimes = lifetimes
    this.#begun = { earliest: now.at, latest: now.at }
    this.#possibleActivityAt = now.at
  }

  register(name: string): Register {
    const known = this.#registers.get(name) ?? new Register()
    this.#registers.set(name, known)
    return known
  }

  /** Notes activity, and whether the store has certainly recorded it. */
  noteActivity({ from, until }: Span, isSure: boolean): void {
    this.#possibleActivityAt = Math.max(this.#possibleActivityAt, until.at)
    if (isSure) this.#sureActivityAt = Math.max(this.#sureActivityAt, from.at)
  }

  /** Notes that an operation begins to store it. */
  noteBeginning({ at }: Moment): void {
    if (!this.#mayBeStored && !this.hasInherited) this.#begun = { earliest: at, latest: at }
    this.#mayBeStored = true
  }

  /** Notes the latest time at which it may have been stored for the first time. */
  noteLatestBeginning({ at }: Moment): void {
    const { earliest, latest } = this.#begun
    if (!this.hasInherited && this.storedAt === undefined) {
      this.#begun = { earliest, latest: Math.max(latest, at) }
    }
  }

  /** Notes that it continues another session, and keeps the beginning of that one. */
  inherit(other: KnownSession): void {
    this.hasInherited = other.storedAt !== undefined
    if (this.hasInherited) this.#begun = other.#begun
  }

  /** Notes that an operation found or stored it. */
  noteFound({ until }: Span): void {
    this.storedAt ??= until
  }

  /** Notes that an operation stored it. The first time, this also records activity. */
  noteStored(span: Span): void {
    if (this.storedAt === undefined) this.noteActivity(span, true)
    this.noteFound(span)
  }

  /** Notes that it has certainly ended by a moment. */
  noteOver(moment: Moment): void {
    this.overSince ??= moment
  }

  /** Notes that no request that begins after a moment finds it. */
  noteHidden(moment: Moment): void {
    this.hiddenSince ??= moment
  }

  /** The time until which it must live. */
  get livesUntil(): number {
    const { idleMs, absoluteMs } = this.#lifetimes
    return Math.min(this.#sureActivityAt + idleMs, this.#begun.earliest + absoluteMs)
  }

  /** Whether it would have expired without any request after its first one. */
  mayLookRunOut({ at }: Moment): boolean {
    return this.#begun.earliest + Math.min(this.#lifetimes.idleMs, this.#lifetimes.absoluteMs) <= at
  }

  /** Whether a request must find it, unless another operation has ended it. */
  isSurelyStored({ from, until }: Span): boolean {
    return this.storedAt !== undefined && this.storedAt.order < from.order && until.at < this.livesUntil
  }

  /** Whether certainly no request that begins at a moment finds it. */
  isSurelyHidden(moment: Moment): boolean {
    const isHidden = this.hiddenSince !== undefined && this.hiddenSince.order < moment.order
    return isHidden || this.isSurelyOver(moment)
  }

  /** Whether certainly no request finds it or writes to it from a moment on. */
  isSurelyOver(moment: Moment): boolean {
    if (this.overSince !== undefined && this.overSince.order < moment.order) return true
    return this.hasRunOut(moment)
  }

  /** Whether one of the two timeouts has certainly passed. */
  hasRunOut({ at }: Moment): boolean {
    const { idleMs, absoluteMs, touchEveryMs } = this.#lifetimes
    if (this.#begun.latest + absoluteMs <= at) return true
    return this.prolonging.size === 0 && this.#possibleActivityAt + idleMs + touchEveryMs <= at
  }

  /** Checks the values that a request read against those that may have been written. */
  expectValues(values: ReadonlyMap<string, string>, reading: Span): void {
    for (const name of new Set([...values.keys(), ...this.#registers.keys()])) {
      const value = values.get(name)
      const isKept = this.register(name).mayHold(value, reading)
      hold('noLostWrite', isKept, () => `${this.name} has ${value ?? 'nothing'} as its ${name}.`)
    }
  }

  expectCount(count: number, reading: Span): void {
    const { least, most } = this.tally.bounds(reading)
    const isExact = count >= least && count <= most
    hold('exactCount', isExact, () => `${this.name} has counted to ${count}, not to ${least} to ${most}.`)
  }
}
