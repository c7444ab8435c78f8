import type { Said } from './shop.ts'

/** When a server was killed: what was asked before `at` was asked of it, what was asked after `goneAt` was not. */
export interface Strike {
  readonly at: number
  readonly goneAt: number
}

/** Far longer than a replica on the same machine is behind. */
export const windowMs = 1000

export interface Deed {
  readonly what: 'in' | 'count' | 'note' | 'look' | 'out'
  /** Which note was written, and what. */
  readonly name?: string
  readonly value?: number
}

/** Something that was asked, and what came of it. */
export interface Done extends Deed {
  readonly askedAt: number
  readonly answeredAt: number
  /** undefined where the store has failed, so that nobody knows. */
  readonly said: Said | undefined
}

/** What one customer did from signing in to signing out, and what they were told. */
export class Stay {
  readonly user: string
  readonly deeds: Done[] = []
  cookie = ''
  /** Somebody has begun to sign out, so that any answer from now on may be that nobody is there. */
  isLeaving = false
  /** They were told that nobody is there, although nobody has signed out. */
  isLost = false

  constructor(user: string) {
    this.user = user
  }

  get handle(): string | undefined {
    return this.deeds.find(({ said }) => said?.handle !== undefined)?.said?.handle
  }

  /** Names each promise that was broken, by what was found of the session in the end. */
  brokenBy(found: readonly Said[], strike: Strike): string[] {
    return found.flatMap(said => new Verdict(this.deeds, said, strike).broken(this))
  }
}

class Verdict {
  readonly #deeds: readonly Done[]
  readonly #found: Said
  readonly #strike: Strike

  constructor(deeds: readonly Done[], found: Said, strike: Strike) {
    this.#deeds = deeds
    this.#found = found
    this.#strike = strike
  }

  broken({ user, isLeaving, isLost }: Stay): string[] {
    if (isLeaving) return this.#brokenAfterLeaving()
    const isThere = this.#found.user !== undefined && !isLost
    if (!isThere) return this.#kept('in').length > 0 ? ['nobody is signed out: a session is not there'] : []
    const broken = [...this.#countBroken(), ...this.#toldTwice(), ...this.#notesBroken()]
    return this.#found.user === user
      ? broken
      : [...broken, 'everybody is who they are: somebody else was found']
  }

  #brokenAfterLeaving(): string[] {
    const hasComeBack = this.#found.user !== undefined && this.#kept('out').length > 0
    return hasComeBack ? ['P1, logout sticks: a session has come back'] : []
  }

  /** Each step that was answered counts once, and each that has failed may have been made, once. */
  #countBroken(): string[] {
    const { count = 0 } = this.#found
    const least = this.#kept('count').length
    const most = this.#deeds.filter(({ what, said }) => what === 'count' && said !== undefined).length
    const ambiguous = this.#deeds.filter(({ what, said }) => what === 'count' && said === undefined).length
    if (count >= least && count <= most + ambiguous) return []
    return [`P2, every step counts once: got ${count}, expected ${least} to ${most + ambiguous}`]
  }

  /** Nobody is told of a step that somebody else was told of, by one primary. */
  #toldTwice(): string[] {
    const told = this.#kept('count')
    const eras = [told.filter(deed => this.#isBefore(deed)), told.filter(deed => this.#isAfter(deed))]
    const doubles = eras.filter(era => new Set(era.map(({ said }) => said?.count)).size < era.length)
    return doubles.map(() => 'P2, every step counts once: two were told of the same one')
  }

  #notesBroken(): string[] {
    const names = new Set(this.#deeds.flatMap(({ what, name }) => (what === 'note' && name ? [name] : [])))
    return [...names].flatMap(name => this.#noteBroken(name))
  }

  /** A note is written with larger numbers each time, one after the other. */
  #noteBroken(name: string): string[] {
    const writes = this.#deeds.filter(deed => deed.what === 'note' && deed.name === name)
    const least = this.#kept('note').findLast(deed => deed.name === name)?.value ?? 0
    const found = this.#found.notes?.[`note ${name}`] ?? 0
    const most = writes.at(-1)?.value ?? 0
    return found >= least && found <= most ? [] : ['P2, no update is lost: a note is']
  }

  /** What was answered, and no failover may lose. */
  #kept(what: Done['what']): readonly Done[] {
    return this.#answered(what).filter(deed => this.#isBefore(deed) || this.#isAfter(deed))
  }

  #answered(what: Done['what']): readonly Done[] {
    return this.#deeds.filter(deed => deed.what === what && deed.said !== undefined)
  }

  #isBefore({ answeredAt }: Done): boolean {
    return answeredAt < this.#strike.at - windowMs
  }

  #isAfter({ askedAt }: Done): boolean {
    return askedAt >= this.#strike.goneAt
  }
}
