import { hold } from './broken-promise.ts'
import { belong } from './ending.ts'
import type { KnownSession } from './known-session.ts'
import type { Ending } from './operation.ts'
import type { World } from './world.ts'

/** Lists the sessions of a subject, and compares them with the model. */
export function list(world: World, node: number, subject: string): void {
  world.begin({
    name: `list the sessions of ${subject}`,
    node,
    work: () => world.nodeAt(node).sessions.of(subject).list(),
    finish(ending) {
      if (hasFailed(ending)) return
      const handles = (ending.result ?? []).map(({ handle }) => handle)
      expectList(world, { subject, handles, ending })
    },
  })
}

interface Listed {
  readonly subject: string
  readonly handles: readonly string[]
  readonly ending: Ending<unknown>
}

function expectList(world: World, { subject, handles, ending }: Listed): void {
  const { span, operation } = ending
  meetArrivals(world)
  for (const handle of handles) {
    const session = world.model.sessions.get(handle)
    const isTheirs =
      session === undefined
        ? world.model.mayHaveStray(subject, span.from)
        : session.signIn?.subject === subject && !session.isSurelyHidden(span.from)
    hold('trueList', isTheirs, () => `${subject}'s list has ${session?.name ?? 'an unknown session'}.`)
  }
  const { size } = new Set(handles)
  hold('trueList', size === handles.length, () => `${subject}'s list has a session twice.`)
  for (const session of world.model.ofSubject(subject)) {
    const isMissing = world.model.isSurelyThere(session, span) && !handles.includes(session.handle)
    hold('trueList', !isMissing, () => `${subject}'s list does not have ${session.name}.`)
  }
  const { maxPerSubject = size } = world.settings
  const isAtRest = operation.isAudit && world.mishaps === 0
  hold('limitHolds', !isAtRest || size <= maxPerSubject, () => `${subject} has ${size} sessions.`)
}

/** Learns the sessions of sign-ins under way, which may be in a list already. */
function meetArrivals(world: World): void {
  for (const { visit, session, arriving } of world.requests) {
    if (arriving === undefined || arriving.until !== undefined) continue
    const next = world.meet(visit)
    if (next !== undefined && next !== session) belong(next, arriving)
  }
}

export function find(world: World, node: number, session: KnownSession): void {
  world.begin({
    name: `find ${session.name}`,
    node,
    work: () => world.nodeAt(node).sessions.find(session.handle),
    finish(ending) {
      if (!hasFailed(ending)) expectPresence(world, session, ending, ending.result !== undefined)
    },
  })
}

/** Ends a session by its handle. */
export function end(world: World, node: number, session: KnownSession): void {
  const begunAt = world.timeline.next()
  session.endings.add(begunAt)
  world.begin({
    name: `end ${session.name}`,
    node,
    work: () => world.nodeAt(node).sessions.end(session.handle),
    finish(ending) {
      if (hasFailed(ending)) return
      expectPresence(world, session, { ...ending, begunAt }, ending.result === true)
      const wasStored = session.storedAt !== undefined && session.storedAt.order < ending.span.from.order
      if (wasStored || ending.result === true) session.noteOver(ending.span.until)
    },
  })
}

// biome-ignore lint/complexity/useMaxParams: what was asked, and what was answered.
function expectPresence(
  world: World,
  session: KnownSession,
  {
    span,
    operation,
    begunAt,
  }: Pick<Ending<unknown>, 'span' | 'operation'> & { readonly begunAt?: Ending<unknown>['span']['from'] },
  isThere: boolean,
): void {
  if (isThere) {
    const isOver = session.isSurelyHidden(span.from)
    hold('endSticks', !isOver, () => `${operation.name} found a session that has ended.`)
  } else {
    const mustBe = world.model.isSurelyThere(session, span, begunAt)
    hold('livesOn', !mustBe, () => `${operation.name} did not find a session that must be live.`)
  }
}

/** Ends all sessions of a subject, or all but one. */
export function endAll(world: World, node: number, whose: { subject: string; except?: KnownSession }): void {
  const { subject, except } = whose
  const line = world.model.drawLine(subject, except, world.timeline.next())
  const of = world.nodeAt(node).sessions.of(subject)
  world.begin({
    name: except === undefined ? `end all of ${subject}` : `end all of ${subject} but ${except.name}`,
    node,
    work: () => (except === undefined ? of.endAll() : of.endOthers(except.handle)),
    finish(ending) {
      line.until = ending.span.until
      if (hasFailed(ending)) return
      line.isSure = true
      for (const session of world.model.below(line)) session.noteOver(ending.span.until)
    },
  })
}

/** Whether an operation failed. It must not fail unless one of its store calls did. */
function hasFailed({ failure, operation }: Ending<unknown>): boolean {
  const isExplained = failure === undefined || operation.failures > 0
  hold('soundCause', isExplained, () => `${operation.name} failed: ${failure?.text}`)
  return failure !== undefined
}
