import type { Outcome } from '../../core/visit/find-session.ts'
import { hold } from './broken-promise.ts'
import type { KnownId, KnownSession } from './known-session.ts'
import type { Ending } from './operation.ts'
import type { Span } from './timeline.ts'
import { type Browser, UnderWay } from './under-way.ts'
import { countIn, valuesIn } from './values.ts'
import type { World } from './world.ts'

/** How a request begins. */
export interface Coming {
  readonly node: number
  readonly browser: Browser
  readonly cookie: string | undefined
  readonly isForged: boolean
  readonly isPassive: boolean
}

/** Begins a request, and compares what it finds with the model. */
export function openRequest(world: World, coming: Coming): UnderWay {
  const { node, cookie, isPassive } = coming
  const { sessions, idIn } = world.nodeAt(node)
  const carrier = { cookieHeader: cookie, isSecure: true, request: undefined, isPassive }
  const brought = cookie && !coming.isForged ? idIn(cookie.slice(cookie.indexOf('=') + 1)) : undefined
  const name = `request ${world.nextNumber()}`
  const visit = sessions.visit(carrier)
  const openedAt = world.timeline.next()
  const request = new UnderWay({ ...coming, name, visit, brought, openedAt })
  world.requests.add(request)
  const known = brought === undefined ? undefined : world.model.ids.get(brought)
  request.operation = world.begin({
    name: `${name}: open`,
    node,
    work: () => visit.open(),
    finish: ending => finishOpening(world, { request, known, ending }),
  })
  if (known !== undefined)
    noteReplay(world, known, { from: request.operation.from, until: request.operation.from })
  return request
}

interface Opening {
  readonly request: UnderWay
  readonly known: KnownId | undefined
  readonly ending: Ending<void>
}

/** With `onReplay: 'end'`, a request with an id that was given up may end the session. */
function noteReplay(world: World, known: KnownId, span: Span): void {
  const isEnding = world.settings.onReplay === 'end' && world.model.mayBeRefused(known, span)
  if (isEnding) known.session.endings.add(span.from)
}

function finishOpening(world: World, opening: Opening): void {
  const { request, known, ending } = opening
  const { visit } = request
  request.operation = undefined
  if (ending.failure !== undefined) {
    giveUp(world, opening)
    return
  }
  const { outcome } = visit
  if (!ending.operation.isAudit)
    world.tell(`   ${request.name} is ${outcome}${known ? ` for ${known.session.name}` : ''}`)
  if (known === undefined) expectStranger(opening)
  else if (outcome === 'found') expectFound(world, opening, known)
  else expectOver(world, opening, known)
  request.session = world.meet(visit)
  readBase(request)
}

/** A request fails to open only when one of its store calls failed. */
function giveUp(world: World, { request, ending }: Opening): void {
  const { failure, operation } = ending
  world.requests.delete(request)
  hold('soundCause', operation.failures > 0, () => `${request.name} could not be opened: ${failure?.text}`)
}

function expectStranger({ request, ending }: Opening): void {
  const { outcome } = request.visit
  const expected: Outcome = request.isForged ? 'tampered' : 'none'
  hold('trueOutcome', outcome === expected, () => `${request.name} is ${outcome}, and not ${expected}.`)
  const { calls } = ending.operation
  hold('strangersAreFree', calls === 0, () => `${request.name} is a stranger and has called the store.`)
}

function expectFound(world: World, { request, ending }: Opening, known: KnownId): void {
  const { span } = ending
  const { session } = known
  const { model } = world
  const { overSince, hiddenSince } = session
  const promise = overSince === undefined && hiddenSince === undefined ? 'endsInTime' : 'endSticks'
  hold(
    promise,
    !session.isSurelyHidden(span.from),
    () => `${request.name} found ${session.name}, which has ended.`,
  )
  const isRefused = model.isSurelyRefused(known, span)
  hold(
    'trueOutcome',
    !isRefused,
    () => `${request.name} brought an id that was given up, and found its session.`,
  )
  const { view } = { view: request.visit.session }
  const { handle = '', id = '' } = view ?? {}
  hold('ownSession', handle === session.handle, () => `An id of ${session.name} opened another session.`)
  if (id !== request.brought) noteLed(known, span, request)
  world.model.learn(id, handle, span.until)
  request.hasStored = true
  if (view === undefined) return
  session.expectValues(valuesIn(view), span)
  session.expectCount(countIn(view), span)
}

/** If a request gets another id than it brought, its session has given up the old one. */
function noteLed(known: KnownId, { until }: Span, request: UnderWay): void {
  const isCaused = known.attempts.size > 0
  hold('oneSuccessor', isCaused, () => `${request.name} got another id, although no request has rotated.`)
  request.isLed = true
  known.givenUp ??= until
}

function expectOver(world: World, opening: Opening, known: KnownId): void {
  const { request, ending } = opening
  const { span } = ending
  const { session } = known
  const { outcome } = request.visit
  const { model } = world
  const mayBeRefused = model.mayBeRefused(known, span)
  if (outcome === 'replayed') {
    hold('trueOutcome', mayBeRefused, () => `${request.name} brought an id that counts, and got 'replayed'.`)
    if (world.settings.onReplay === 'end') noteRemoval(world, session, ending)
    return
  }
  const mustBeFound = model.isSurelyThere(session, span)
  hold(
    'livesOn',
    !mustBeFound,
    () => `${request.name} got '${outcome}' for ${session.name}, which must be live.`,
  )
  expectReason(world, { session, outcome, span })
  if (session.storedAt === undefined) return
  if (outcome === 'revoked') session.noteHidden(span.until)
  else session.noteOver(span.until)
}

/** Notes the ending when the request is done, because the id may have been given up after the request began. */
function noteRemoval(world: World, session: KnownSession, ending: Ending<void>): void {
  session.endings.add(ending.span.from)
  if (hasDoneAll(world, ending)) session.noteOver(ending.span.until)
}

/** Whether all store calls of an opening are done. It does not wait for the removal of an ended session. */
function hasDoneAll({ store }: World, { operation }: Ending<void>): boolean {
  return operation.failures === 0 && store.waiting.every(call => call.operation !== operation)
}

interface Reason {
  readonly session: KnownSession
  readonly outcome: Outcome
  readonly span: Span
}

function expectReason(world: World, { session, outcome, span }: Reason): void {
  const isKnown = outcome === 'missing' || outcome === 'expired' || outcome === 'revoked'
  hold('trueOutcome', isKnown, () => `${session.name} has ended, and its request got '${outcome}'.`)
  // A process that has not seen later activity takes a missing session for an expired one.
  const mayHaveRunOut = session.mayLookRunOut(span.until)
  const isExpiryTrue = outcome !== 'expired' || mayHaveRunOut
  hold('trueOutcome', isExpiryTrue, () => `${session.name} was ended, and its request got 'expired'.`)
  const isRevocationTrue = outcome !== 'revoked' || world.model.mayBeEnded(session, span)
  hold('trueOutcome', isRevocationTrue, () => `${session.name} expired, and its request got 'revoked'.`)
}

/** Remembers the present values. Any later difference is a change of this request. */
export function readBase(request: UnderWay): void {
  const { session } = request.visit
  request.base = session === undefined ? new Map() : valuesIn(session)
}
