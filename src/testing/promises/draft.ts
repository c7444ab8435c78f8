import { hold } from './broken-promise.ts'
import { type KnownId, type KnownSession, mostRotations } from './known-session.ts'
import type { StorySession } from './node.ts'
import type { Ending } from './operation.ts'
import type { Write } from './registers.ts'
import type { Moment } from './timeline.ts'
import type { UnderWay } from './under-way.ts'
import { differences, valuesIn } from './values.ts'
import type { World } from './world.ts'

/** An operation by which a request may store its session. */
export interface DraftOptions {
  readonly request: UnderWay
  readonly session: KnownSession
  readonly view: StorySession
  /** Whether the operation changes the id of the session, or may do so. */
  readonly isRotating: boolean
  /** Whether the operation increases the counter. */
  readonly isCounting: boolean
}

interface Claim {
  readonly write: Write
  retract(): void
}

/** What one operation may do to a session, from its beginning until the model knows what it did. */
export class Draft {
  readonly session: KnownSession
  readonly hasChanges: boolean
  readonly #world: World
  readonly #request: UnderWay
  readonly #claims: readonly Claim[]
  readonly #id: KnownId | undefined
  readonly #idBefore: string
  readonly #from: Moment
  readonly #isProlonging: boolean

  constructor(world: World, { request, session, view, isRotating, isCounting }: DraftOptions) {
    this.session = session
    this.#world = world
    this.#request = request
    this.#idBefore = view.id
    this.#from = world.timeline.next()
    this.#claims = this.#claim(view, isCounting)
    this.hasChanges = this.#claims.length > 0
    this.#isProlonging = !request.isPassive || !request.hasStored
    if (this.#isProlonging) session.prolonging.add(this.#from)
    if (!request.hasStored) session.noteBeginning(this.#from)
    this.#id = isRotating && request.hasStored ? world.model.ids.get(view.id) : undefined
    this.#id?.attempts.add(this.#from)
    if (this.#id !== undefined) session.rotations.add(this.#from)
    session.uses.push({ brought: request.brought, from: this.#from })
  }

  /** Notes what is certain whether the operation succeeded or failed. */
  end({ span }: Ending<unknown>): void {
    const { session } = this
    session.prolonging.delete(this.#from)
    if (this.#isProlonging) session.noteActivity(span, false)
    if (!this.#request.hasStored) session.noteLatestBeginning(span.until)
  }

  /** Notes that the operation succeeded, and that all its changes are stored. */
  succeed({ span, operation }: Ending<unknown>): void {
    const { session, hasChanges } = this
    const request = this.#request
    for (const { write } of this.#claims) {
      write.until = span.until
      write.isSure = true
      request.unsure.delete(write)
    }
    const wasOver = hasChanges && session.isSurelyOver(span.from)
    hold('endSticks', !wasOver, () => `${operation.name} has changed ${session.name}, which has ended.`)
    if (hasChanges || operation.calls > 0) request.hasStored = true
    if (!request.hasStored) return
    if (this.#isProlonging) session.noteStored(span)
    else session.noteFound(span)
    if (this.#isSignOfLife && operation.failures === 0) session.noteActivity(span, true)
    const { model } = this.#world
    const used = request.isLed ? undefined : model.ids.get(String(request.brought))
    if (used?.session === session && operation.failures === 0) model.noteUse(used, request.openedAt, span)
    this.#noteRotation({ span, operation })
  }

  /** Notes that the operation failed because its session is gone. */
  lose({ span, operation }: Ending<unknown>): void {
    const { session } = this
    for (const { retract } of this.#claims) retract()
    this.#retractRotation()
    // After so many rotations by other requests, this one may get 'gone' although its session goes on.
    if (this.#isOvertaken()) return
    const isThere = this.#world.model.isSurelyThere(session, span)
    hold(
      'livesOn',
      !isThere,
      () => `${operation.name} failed because ${session.name} is gone, although it must be live.`,
    )
    if (session.storedAt !== undefined) session.noteOver(span.until)
  }

  #claim(view: StorySession, isCounting: boolean): readonly Claim[] {
    const { session } = this
    const changes = differences(this.#request.base, valuesIn(view))
    const ledgers = [...changes].map(([name, value]) => ({ ledger: session.register(name), value }))
    const all = isCounting ? [...ledgers, { ledger: session.tally, value: undefined }] : ledgers
    return all.map(({ ledger, value }) => {
      const write = ledger.begin(this.#from, value)
      this.#request.unsure.add(write)
      return { write, retract: () => ledger.retract(write) }
    })
  }

  /** A new id shows that the session has given up the old one. The same id shows that this operation did not change it. */
  #noteRotation({ span, operation }: Pick<Ending<unknown>, 'span' | 'operation'>): void {
    const { ids } = this.#world.model
    const idNow = String(this.#request.visit.id)
    const before = ids.get(this.#idBefore)
    if (idNow === this.#idBefore) {
      if (operation.failures === 0) this.#retractRotation()
      return
    }
    this.#world.model.learn(idNow, this.session.handle, span.until)
    if (before !== undefined) before.givenUp ??= span.until
  }

  #retractRotation(): void {
    this.#id?.attempts.delete(this.#from)
    this.session.rotations.delete(this.#from)
  }

  #isOvertaken(): boolean {
    return this.#rotationsSince().length >= mostRotations
  }

  /** When another request has changed the id, this one prolongs the session only if it changes data. */
  get #isSignOfLife(): boolean {
    const { isPassive, isLed } = this.#request
    if (isPassive || this.hasChanges) return !isPassive
    return !isLed && this.#rotationsSince().every(rotation => rotation === this.#from)
  }

  #rotationsSince(): readonly Moment[] {
    const { openedAt } = this.#request
    return [...this.session.rotations].filter(({ order }) => order > openedAt.order)
  }
}
