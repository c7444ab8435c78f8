import type { MaybePromise } from '../../core/record/store.ts'
import { hold } from './broken-promise.ts'
import { Draft } from './draft.ts'
import type { KnownSession } from './known-session.ts'
import type { StorySession } from './node.ts'
import { readBase } from './opening.ts'
import type { Ending } from './operation.ts'
import type { Span } from './timeline.ts'
import type { UnderWay } from './under-way.ts'
import { counter, countIn, valuesIn } from './values.ts'
import type { World } from './world.ts'

/** One of the ways in which a request stores its session. */
interface Storing {
  readonly name: string
  readonly isRotating?: boolean
  readonly isCounting?: boolean
  /** Whether this ends the request. */
  readonly isLast?: boolean
  work(view: StorySession | undefined): MaybePromise<unknown>
  /** Compares the result with the model. */
  conclude(ending: Ending<unknown>, draft: Draft | undefined): void
}

/** Commits a request, and gives its browser the cookie. */
export function commit(world: World, request: UnderWay): void {
  const { visit } = request
  storeSession(world, request, {
    name: 'commit',
    isRotating: world.settings.rotateEvery !== undefined && !request.isPassive,
    isLast: true,
    work: () => visit.commit(),
    conclude: (ending, draft) => expectCookie(world, { request, ending, draft }),
  })
}

export function save(world: World, request: UnderWay): void {
  request.hasActed = true
  const conclude = (): void => readBase(request)
  storeSession(world, request, { name: 'save', work: view => view?.save(), conclude })
}

export function rotate(world: World, request: UnderWay): void {
  request.hasActed = true
  const conclude = (): void => readBase(request)
  storeSession(world, request, { name: 'rotate', isRotating: true, work: view => view?.rotate(), conclude })
}

/** Increases the counter by one with `update`. */
export function update(world: World, request: UnderWay): void {
  request.hasActed = true
  storeSession(world, request, {
    name: 'update',
    isCounting: true,
    work: view => view?.update(session => count(session)),
    conclude(ending, draft) {
      readBase(request)
      if (draft !== undefined) expectCount(draft, ending)
    },
  })
}

function count(session: StorySession): number {
  const counted = countIn(session) + 1
  session[counter] = counted
  return counted
}

function expectCount({ session }: Draft, { result, operation, span }: Ending<unknown>): void {
  const isFresh = typeof result === 'number' && session.tally.isFresh(result, span.until)
  hold('exactCount', isFresh, () => `${operation.name} was the second to count to ${String(result)}.`)
}

function storeSession(world: World, request: UnderWay, storing: Storing): void {
  const { isRotating = false, isCounting = false } = storing
  const { session } = request
  const view = session === undefined || request.isGone ? undefined : request.visit.session
  const draft = view && session && new Draft(world, { request, session, view, isRotating, isCounting })
  request.operation = world.begin({
    name: `${request.name}: ${storing.name}`,
    node: request.node,
    work: () => storing.work(view),
    finish: ending => finish(world, { request, storing, draft, ending }),
  })
}

interface Finishing {
  readonly request: UnderWay
  readonly storing: Storing
  readonly draft: Draft | undefined
  readonly ending: Ending<unknown>
}

function finish(world: World, { request, storing, draft, ending }: Finishing): void {
  request.operation = undefined
  if (storing.isLast === true) world.requests.delete(request)
  draft?.end(ending)
  try {
    if (ending.failure !== undefined) noteFailure(request, ending, draft)
    else {
      if (!request.isSpoilt) draft?.succeed(ending)
      storing.conclude(ending, draft)
    }
  } finally {
    if (storing.isLast === true) request.settle(ending.span.until)
  }
}

function noteFailure(request: UnderWay, ending: Ending<unknown>, draft: Draft | undefined): void {
  const { failure, operation } = ending
  const isCertain = operation.failures === 0 && !request.isSpoilt
  const cookie = request.visit.setCookie
  hold('soundCause', cookie === undefined, () => `${operation.name} failed, and has sent a cookie.`)
  if (isCertain && failure?.code === 'SESSION_GONE') {
    request.isGone = true
    draft?.lose(ending)
    return
  }
  hold('soundCause', !isCertain, () => `${operation.name} failed: ${failure?.text}`)
  request.isSpoilt = true
}

interface Answered {
  readonly request: UnderWay
  readonly ending: Ending<unknown>
  readonly draft: Draft | undefined
}

/** Compares the cookie of an answer with the model, and gives it to the browser. */
function expectCookie(world: World, answered: Answered): void {
  const { request, ending, draft } = answered
  const { setCookie } = request.visit
  const isStranger = !request.hasStored && !request.hasActed && draft?.hasChanges !== true
  const isFree = ending.operation.calls === 0 && setCookie === undefined
  hold(
    'strangersAreFree',
    !isStranger || isFree,
    () => `${request.name} left nothing, and has cost something.`,
  )
  if (setCookie === undefined) {
    expectNoneNeeded(world, answered)
    return
  }
  const pair = setCookie.slice(0, setCookie.indexOf(';'))
  const value = pair.slice(pair.indexOf('=') + 1)
  if (value === '') expectDeletion(answered)
  else keepCookie(world, answered, { pair, value })
}

function keepCookie(
  world: World,
  answered: Answered,
  { pair, value }: { pair: string; value: string },
): void {
  const { request, ending, draft } = answered
  const { operation, span } = ending
  const id = world.nodeAt(request.node).idIn(value)
  const session = request.isSpoilt ? adopted(world, request, span) : draft?.session
  hold('ownSession', id !== undefined && session !== undefined, () => `${request.name} got a strange cookie.`)
  if (id === undefined || session === undefined) return
  world.model.learn(id, session.handle, span.until)
  // A failed store call here does not fail the answer, so nothing is certain after one.
  const lastLook = operation.lastEffect ?? span.from
  const wasOver = session.overSince !== undefined && session.overSince.order < lastLook.order
  const isOver = wasOver && operation.failures === 0
  hold('endSticks', !isOver, () => `${request.name} got a cookie for ${session.name}, which had ended.`)
  request.browser.cookie = pair
  if (session.storedAt !== undefined) world.cookies.set(pair, session)
}

/** After a failure, a request may store its session under another id, to avoid a conflict with what it stored before. */
function adopted(world: World, request: UnderWay, { from, until }: Span): KnownSession | undefined {
  const session = world.meet(request.visit)
  const view = request.visit.session
  if (session === undefined || session === request.session || view === undefined) return session
  session.noteBeginning(from)
  session.noteLatestBeginning(until)
  for (const [name, value] of valuesIn(view)) session.register(name).begin(from, value).until = until
  for (let count = countIn(view); count > 0; count -= 1) session.tally.begin(from)
  return session
}

function expectDeletion({ request, ending }: Answered): void {
  hold('soundCause', request.hasEnded, () => `${ending.operation.name} took the cookie away for no reason.`)
  request.browser.cookie = undefined
}

/** Without a new cookie, the browser must already have the session that the request stored. */
function expectNoneNeeded(world: World, { request, draft }: Answered): void {
  if (draft === undefined || !request.hasStored || request.isSpoilt) return
  const isKnown = world.model.ids.get(request.brought ?? '')?.session === draft.session
  hold('livesOn', isKnown, () => `${request.name} has stored a session without a cookie for its browser.`)
}
