import { hold } from './broken-promise.ts'
import { Register, Tally } from './registers.ts'
import type { Moment, Span } from './timeline.ts'

/** For how long sessions live in a story. */
export interface Lifetimes {
  readonly idleMs: number
  readonly absoluteMs: number
  /** How exactly activity is recorded. */
  readonly touchEveryMs: number
  readonly graceMs: number
}

/** As many changes of id as a record is sure to note: an older id may be forgotten before its grace is over. */
export const mostRotations = 4

/** One of the ids that a session has or had. */
export interface KnownId {
  readonly id: string
  readonly session: KnownSession
  /** When somebody may have begun to put another in its place. */
  readonly attempts: Set<Moment>
  /** Since when it is certain that another is in its place. */
  givenUp: Moment | undefined
  /** Since what time it is certain that a visitor has used a later one, so that the grace of this one has begun. */
  outdatedAt: number | undefined
}

/** A request that may have written down which id its visitor has. */
export interface Use {
  readonly brought: string | undefined
  readonly from: Moment
}

/** What is known of one session, by what its requests were told. */
export class KnownSession {
  readonly handle: string
  /** What it is called in a trace. */
  readonly name: string
  /** Whose it is, and when they signed in. */
  signIn: { readonly subject: string; readonly from: Moment; until: Moment | undefined } | undefined
  /** When it was certain that it is stored. */
  storedAt: Moment | undefined
  /** Whether it goes on where another has ended, so that its time counts from when that one began. */
  hasInherited = false
  /** Since when it is certain that it is over. */
  overSince: Moment | undefined
  /**
   * Since when it is certain that nobody who looks finds it. A line has ended it, but its record may still be there:
   * requests that have found it before may write to it until `endAll` is done.
   */
  hiddenSince: Moment | undefined
  /** When somebody began to end it who may have succeeded. */
  readonly endings: Set<Moment> = new Set()
  /** When requests for it were begun that have not ended and may prolong it. */
  readonly prolonging: Set<Moment> = new Set()
  /** When somebody began to change its id. */
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

  /** Takes down that somebody was active, and whether that is certain to be recorded. */
  noteActivity({ from, until }: Span, isSure: boolean): void {
    this.#possibleActivityAt = Math.max(this.#possibleActivityAt, until.at)
    if (isSure) this.#sureActivityAt = Math.max(this.#sureActivityAt, from.at)
  }

  /** Takes down that somebody begins to store it. */
  noteBeginning({ at }: Moment): void {
    if (!this.#mayBeStored && !this.hasInherited) this.#begun = { earliest: at, latest: at }
    this.#mayBeStored = true
  }

  /** Takes down until when it may have been stored for the first time. */
  noteLatestBeginning({ at }: Moment): void {
    const { earliest, latest } = this.#begun
    if (!this.hasInherited && this.storedAt === undefined) {
      this.#begun = { earliest, latest: Math.max(latest, at) }
    }
  }

  /** Takes down that it takes the place of another without beginning anew. */
  inherit(other: KnownSession): void {
    this.hasInherited = other.storedAt !== undefined
    if (this.hasInherited) this.#begun = other.#begun
  }

  /** Takes down that an operation that has ended found it, or has stored it. */
  noteFound({ until }: Span): void {
    this.storedAt ??= until
  }

  /** Takes down that an operation that has ended has stored it, and recorded activity with it. */
  noteStored(span: Span): void {
    if (this.storedAt === undefined) this.noteActivity(span, true)
    this.noteFound(span)
  }

  /** Takes down that it is certainly over from a moment on. */
  noteOver(moment: Moment): void {
    this.overSince ??= moment
  }

  /** Takes down that nobody finds it who begins to look after a moment. */
  noteHidden(moment: Moment): void {
    this.hiddenSince ??= moment
  }

  /** Until what time it was promised to live. */
  get livesUntil(): number {
    const { idleMs, absoluteMs } = this.#lifetimes
    return Math.min(this.#sureActivityAt + idleMs, this.#begun.earliest + absoluteMs)
  }

  /** Whether it would have run out if nobody had come after its first request. */
  mayLookRunOut({ at }: Moment): boolean {
    return this.#begun.earliest + Math.min(this.#lifetimes.idleMs, this.#lifetimes.absoluteMs) <= at
  }

  /** Whether it is certain that whoever looks finds it, apart from what others may have ended. */
  isSurelyStored({ from, until }: Span): boolean {
    return this.storedAt !== undefined && this.storedAt.order < from.order && until.at < this.livesUntil
  }

  /** Whether it is certain that nobody finds it who begins to look at a moment. */
  isSurelyHidden(moment: Moment): boolean {
    const isHidden = this.hiddenSince !== undefined && this.hiddenSince.order < moment.order
    return isHidden || this.isSurelyOver(moment)
  }

  /** Whether it is certain that nobody finds it or writes to it from a moment on. */
  isSurelyOver(moment: Moment): boolean {
    if (this.overSince !== undefined && this.overSince.order < moment.order) return true
    return this.hasRunOut(moment)
  }

  /** Whether one of the two times is certainly over. */
  hasRunOut({ at }: Moment): boolean {
    const { idleMs, absoluteMs, touchEveryMs } = this.#lifetimes
    if (this.#begun.latest + absoluteMs <= at) return true
    return this.prolonging.size === 0 && this.#possibleActivityAt + idleMs + touchEveryMs <= at
  }

  /** Holds what was read to what may have been written. */
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
