import { hold } from './broken-promise.ts'
import type { KnownSession } from './known-session.ts'
import type { Arrival } from './model.ts'
import type { StorySession } from './node.ts'
import { readBase } from './opening.ts'
import type { Ending } from './operation.ts'
import type { Moment } from './timeline.ts'
import type { UnderWay } from './under-way.ts'
import { names } from './values.ts'
import type { World } from './world.ts'

/** One of the ways in which a request ends its session. */
interface EndingWay {
  readonly name: string
  work(view: StorySession): Promise<void>
  /** Notes which session the request has now. */
  succeed(ended: Ended): void
  fail?(ended: Ended): void
}

interface Ended {
  readonly way: EndingWay
  readonly session: KnownSession
  readonly ending: Ending<void>
  /** Whether the session certainly existed, apart from this ending. */
  readonly wasThere: boolean
  readonly begunAt: Moment
}

export function destroy(world: World, request: UnderWay): void {
  endSession(world, request, {
    name: 'destroy',
    work: view => view.destroy(),
    succeed() {
      request.hasEnded = true
      request.session = undefined
    },
    fail(ended) {
      // The commit of the request tries again.
      request.hasEnded = true
      if (ended.ending.operation.failures === 0) expectGone(ended)
    },
  })
}

export function signOut(world: World, request: UnderWay): void {
  endSession(world, request, {
    name: 'sign out',
    work: view => view.signOut(),
    succeed() {
      request.hasEnded = true
      takeNext(world, request)
    },
  })
}

export function regenerate(world: World, request: UnderWay): void {
  endSession(world, request, {
    name: 'regenerate',
    work: view => view.regenerate(),
    succeed({ session }) {
      takeNext(world, request)?.inherit(session)
    },
  })
}

/** Signs a subject in, and keeps some of the values if asked to. */
export function signIn(world: World, request: UnderWay, how: { subject: string; keepsSome: boolean }): void {
  const { subject } = how
  const keep = how.keepsSome ? names.slice(0, 2) : []
  const arrival = world.model.arrive(subject, world.timeline.next())
  request.arriving = arrival
  endSession(world, request, {
    name: `sign ${subject} in`,
    work: view => view.signIn(subject, { keep }),
    succeed: ({ ending }) => arriveAs(world, request, { arrival, ending }),
    fail: ended => failToArrive(world, request, { arrival, ...ended }),
  })
  arrival.operation = request.operation
}

function endSession(world: World, request: UnderWay, way: EndingWay): void {
  const { session } = request
  const view = request.visit.session
  if (session === undefined || view === undefined) return
  request.hasActed = true
  const begunAt = world.timeline.next()
  session.endings.add(begunAt)
  request.operation = world.begin({
    name: `${request.name}: ${way.name}`,
    node: request.node,
    work: () => way.work(view),
    finish(ending) {
      const wasThere = world.model.isSurelyThere(session, ending.span, begunAt)
      finish(world, request, { way, session, ending, wasThere, begunAt })
    },
  })
}

function finish(world: World, request: UnderWay, ended: Ended): void {
  const { way, session, ending } = ended
  const { failure, operation, span } = ending
  request.operation = undefined
  if (failure === undefined) {
    session.noteOver(span.until)
    way.succeed(ended)
    return
  }
  if (operation.failures > 0) spoil(world, request)
  else if (failure.code === 'SESSION_GONE') request.isGone = true
  if (way.fail !== undefined) way.fail(ended)
  else if (operation.failures === 0) expectGone(ended)
}

/** After a failed store call, nothing is certain about the request's session. */
function spoil(world: World, request: UnderWay): void {
  request.isSpoilt = true
  const next = world.meet(request.visit)
  if (next === request.session) return
  request.session = next
  request.hasStored = false
}

/** Without a failed store call, a request fails only because its session had already ended. */
function expectGone({ session, ending, wasThere }: Ended): void {
  const { failure, operation, span } = ending
  hold('soundCause', failure?.code === 'SESSION_GONE', () => `${operation.name} failed: ${failure?.text}`)
  hold(
    'livesOn',
    !wasThere,
    () => `${operation.name} failed because ${session.name} is gone, although it must be live.`,
  )
  session.noteOver(span.until)
}

function takeNext(world: World, request: UnderWay): KnownSession | undefined {
  request.session = world.meet(request.visit)
  request.hasStored = false
  request.base = new Map()
  return request.session
}

function arriveAs(
  world: World,
  request: UnderWay,
  { arrival, ending }: { arrival: Arrival; ending: Ending<void> },
): void {
  const { span } = ending
  arrival.until = span.until
  const next = takeNext(world, request)
  if (next === undefined) return
  belong(next, arrival)
  next.noteBeginning(span.from)
  next.noteLatestBeginning(span.until)
  next.noteStored(span)
  request.hasStored = true
  const { firstRead: from = span.from } = ending.operation
  if (world.model.isCutOff(arrival.subject, { from, until: span.until })) next.noteOver(span.until)
  readBase(request)
  for (const [name, value] of request.base) {
    const write = next.register(name).begin(span.from, value)
    write.until = span.until
    write.isSure = true
  }
  const { subject } = request.visit.session ?? {}
  hold('trueList', subject === arrival.subject, () => `${request.name} has signed in another subject.`)
}

/** Notes that a session is the result of an arrival. */
export function belong(session: KnownSession, arrival: Arrival): void {
  arrival.session = session
  session.signIn = arrival
}

interface FailedArrival extends Ended {
  readonly arrival: Arrival
}

function failToArrive(world: World, request: UnderWay, failed: FailedArrival): void {
  const { arrival, ending, session, begunAt } = failed
  const { failure, operation, span } = ending
  arrival.until = span.until
  const next = world.meet(request.visit)
  const hasMoved = next !== undefined && next !== session
  // The session of the browser's cookie has ended, although the sign-in failed.
  if (hasMoved) request.hasEnded = true
  // A failed request may go on with an empty session, which has no subject.
  if (hasMoved && request.visit.session?.subject !== undefined) {
    belong(next, arrival)
    next.endings.add(span.from)
  }
  if (operation.failures > 0) return
  request.isGone = hasMoved || request.isGone
  // When there are too many sessions, this sign-in may be the one that another ends, and fails with 'gone'.
  const mayGiveWay = arrival.isCrowded && world.settings.atLimit === 'evict-oldest'
  if (failure?.code === 'SESSION_LIMIT') expectCrowd(world, failed, hasMoved)
  else if (!mayGiveWay && !world.model.hasLine(arrival.subject, span)) expectGone(failed)
  else if (hasMoved) session.noteOver(span.until)
  else if (failed.wasThere) session.endings.delete(begunAt)
}

function expectCrowd(world: World, failed: FailedArrival, hasMoved: boolean): void {
  const { arrival, session, begunAt, ending } = failed
  const isRefusing = world.settings.atLimit === 'refuse'
  const isCrowded = isRefusing && arrival.isCrowded
  hold('limitHolds', isCrowded, () => `${ending.operation.name} was refused below the limit.`)
  if (hasMoved) session.noteOver(ending.span.until)
  else session.endings.delete(begunAt)
}
