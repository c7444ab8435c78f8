import type { Sessions } from '../../../src/core/sessions.ts'
import { type Counted, carrierOf, subjectOf, type Word } from './visitors.ts'

/** What a fault has left of what was answered before. Each is a number of cases; none is best. */
export interface Aftermath {
  /** Sessions that somebody was told are over, and that are there. */
  readonly cameBack: number
  /** Changes that somebody was told are stored, and that are not there; and changes that happened twice. */
  readonly lostUpdates: number
  /** Sessions that nobody has ended, and that are not there. */
  readonly lostSessions: number
  /** Sessions that are there and not in the list of their subject, or the other way round. */
  readonly wrongLists: number
  /** Failures that were told as something else than a failure of the store. */
  readonly falseAnswers: number
  /** How many answers there were in all. */
  readonly answers: number
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
const answers: ReadonlySet<Word['what']> = new Set(['began', 'counted', 'left'])

/** Compares what was answered with what the sessions are now. */
export async function aftermathOf(sessions: Sessions<Counted>, words: readonly Word[]): Promise<Aftermath> {
  const findings: Finding[] = []
  for (const visitor of visitorsIn(words)) findings.push(await findingOf(sessions, visitor))
  const sum = (count: (finding: Finding) => number): number =>
    findings.reduce((total, finding) => total + count(finding), 0)
  return {
    cameBack: sum(({ isThere, visitor }) => Number(isThere && visitor.hasLeft)),
    lostUpdates: sum(strayCounts),
    lostSessions: sum(({ isThere, visitor }) => Number(!isThere && !visitor.isLeaving)),
    wrongLists: sum(({ isThere, listed }) => Number(listed !== Number(isThere))),
    falseAnswers: words.filter(({ what, code = '' }) => what === 'failed' && !storeFailures.has(code)).length,
    answers: words.filter(({ what }) => answers.has(what)).length,
  }
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

/** What was counted when the process died or the store failed may have happened, once for each failure. */
function strayCounts({ isThere, count, visitor }: Finding): number {
  const { counted, failures } = visitor
  if (!isThere) return 0
  const most = counted + Math.max(1, failures)
  return count < counted ? counted - count : Math.max(0, count - most)
}
