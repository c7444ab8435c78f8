import type { Sessions } from '../../../src/core/sessions.ts'
import { type Counted, carrierOf, subjectOf, type Word } from './visitors.ts'

/** In how many cases a promise was broken, of how many in which it could have been. */
export interface Share {
  readonly cases: number
  readonly of: number
}

/** What a fault has left of what was answered before. */
export interface Aftermath {
  /** Sessions that somebody was told are over, and that are there. */
  readonly cameBack: Share
  /** Changes that somebody was told are stored, and that are not there; and changes that happened twice. */
  readonly lostUpdates: Share
  /** Sessions that nobody has ended, and that are not there. */
  readonly lostSessions: Share
  /** Sessions that are there and not in the list of their subject, or the other way round. */
  readonly wrongLists: Share
  /** Failures that were told as something else than a failure of the store. */
  readonly falseAnswers: Share
}

/** One visitor, as far as the words of the processes tell. */
interface Visitor {
  readonly name: string
  cookie: string | undefined
  counted: number
  isLeaving: boolean
  hasLeft: boolean
  failures: number
}

const storeFailures: ReadonlySet<string> = new Set(['STORE_FAILED', 'STORE_TIMED_OUT'])

/** Compares what was answered with what the sessions are now. */
export async function aftermathOf(sessions: Sessions<Counted>, words: readonly Word[]): Promise<Aftermath> {
  const findings: Finding[] = []
  for (const visitor of visitorsIn(words)) findings.push(await findingOf(sessions, visitor))
  const leavers = findings.filter(({ visitor }) => visitor.hasLeft)
  const stayers = findings.filter(({ visitor }) => !visitor.isLeaving)
  const failures = words.filter(({ what }) => what === 'failed')
  return {
    cameBack: shareOf(leavers, ({ isThere }) => Number(isThere)),
    lostUpdates: { ...shareOf(stayers, strayCounts), of: sumOf(stayers, ({ visitor }) => visitor.counted) },
    lostSessions: shareOf(stayers, ({ isThere }) => Number(!isThere)),
    wrongLists: shareOf(findings, ({ isThere, listed }) => Number(listed !== Number(isThere))),
    falseAnswers: shareOf(failures, ({ code = '' }) => Number(!storeFailures.has(code))),
  }
}

function shareOf<Item>(items: readonly Item[], casesIn: (item: Item) => number): Share {
  return { cases: sumOf(items, casesIn), of: items.length }
}

function sumOf<Item>(items: readonly Item[], numberIn: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + numberIn(item), 0)
}

function visitorsIn(words: readonly Word[]): Iterable<Visitor> {
  const visitors = new Map<string, Visitor>()
  for (const { visitor: name, what, cookie, count = 0 } of words) {
    const visitor = visitors.get(name) ?? newVisitor(name)
    visitors.set(name, visitor)
    visitor.cookie ??= cookie
    visitor.counted = Math.max(visitor.counted, count)
    visitor.isLeaving ||= what === 'leaving'
    visitor.hasLeft ||= what === 'left'
    visitor.failures += what === 'failed' ? 1 : 0
  }
  // Whoever was never told of a session has none.
  return [...visitors.values()].filter(({ cookie }) => cookie !== undefined)
}

function newVisitor(name: string): Visitor {
  return { name, cookie: undefined, counted: 0, isLeaving: false, hasLeft: false, failures: 0 }
}

/** How a visitor's session is now. */
interface Finding {
  readonly visitor: Visitor
  readonly isThere: boolean
  readonly count: number
  /** In how many entries of its subject's list it is. */
  readonly listed: number
}

async function findingOf(sessions: Sessions<Counted>, visitor: Visitor): Promise<Finding> {
  const visit = sessions.visit({ ...carrierOf(visitor.cookie), isPassive: true })
  await visit.open()
  const isThere = visit.outcome === 'found'
  const { length: listed } = await sessions.of(subjectOf(visitor.name)).list()
  return { visitor, isThere, count: visit.session?.count ?? 0, listed }
}

/**
 * What was counted when the process died or the store failed may have happened, once for each failure. With a session
 * that nobody has ended all of its changes are lost.
 */
function strayCounts({ isThere, count, visitor }: Finding): number {
  const { counted, failures } = visitor
  if (!isThere) return counted
  const most = counted + Math.max(1, failures)
  return count < counted ? counted - count : Math.max(0, count - most)
}
