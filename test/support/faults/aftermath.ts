import type { Sessions } from '../../../src/core/sessions.ts'
import { type Counted, carrierOf, subjectOf, type Word } from './visitors.ts'

/** In how many cases a promise was broken, of how many in which it could have been. */
export interface Share {
  readonly cases: number
  readonly of: number
  /** How long before the fault the first of them was answered, where they were answers. */
  readonly windowMs?: number
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

/** What the processes have told, and when the fault came. */
export interface Account {
  readonly words: readonly Word[]
  /** Undefined where nothing may be lost, whenever it was answered. */
  readonly faultAt: number | undefined
}

/** One visitor, as far as the words of the processes tell. */
interface Visitor {
  readonly name: string
  readonly cookie: string
  readonly beganAt: number
  /** When each change was answered. */
  readonly changedAt: readonly number[]
  readonly isLeaving: boolean
  readonly leftAt: number | undefined
  readonly failures: number
}

const storeFailures: ReadonlySet<string> = new Set(['STORE_FAILED', 'STORE_TIMED_OUT'])

/** Compares what was answered with what the sessions are now. */
export async function aftermathOf(
  sessions: Sessions<Counted>,
  { words, faultAt }: Account,
): Promise<Aftermath> {
  const findings: Finding[] = []
  for (const visitor of visitorsIn(words)) findings.push(await findingOf(sessions, visitor))
  const leavers = findings.filter(({ visitor }) => visitor.leftAt !== undefined)
  const stayers = findings.filter(({ visitor }) => !visitor.isLeaving)
  const failures = words.filter(({ what }) => what === 'failed')
  const back = leavers.filter(({ isThere }) => isThere)
  const gone = stayers.filter(({ isThere }) => !isThere)
  const lost = stayers.flatMap(lostChanges)
  return {
    cameBack: {
      ...share(back, leavers),
      ...windowOf(
        back.map(({ visitor }) => visitor.leftAt ?? 0),
        faultAt,
      ),
    },
    lostUpdates: {
      cases: lost.length + sumOf(stayers, surplusChanges),
      of: sumOf(stayers, ({ visitor }) => visitor.changedAt.length),
      ...windowOf(lost, faultAt),
    },
    lostSessions: {
      ...share(gone, stayers),
      ...windowOf(
        gone.map(({ visitor }) => visitor.beganAt),
        faultAt,
      ),
    },
    wrongLists: share(
      findings.filter(({ isThere, listed }) => listed !== Number(isThere)),
      findings,
    ),
    falseAnswers: share(
      failures.filter(({ code = '' }) => !storeFailures.has(code)),
      failures,
    ),
  }
}

/** Adds up what the same fault has left several times. */
export function totalOf(aftermaths: readonly Aftermath[]): Aftermath {
  const total = (of: keyof Aftermath): Share => sharesTogether(aftermaths.map(aftermath => aftermath[of]))
  return {
    cameBack: total('cameBack'),
    lostUpdates: total('lostUpdates'),
    lostSessions: total('lostSessions'),
    wrongLists: total('wrongLists'),
    falseAnswers: total('falseAnswers'),
  }
}

function sharesTogether(shares: readonly Share[]): Share {
  const windows = shares.flatMap(({ windowMs }) => (windowMs === undefined ? [] : [windowMs]))
  return {
    cases: sumOf(shares, ({ cases }) => cases),
    of: sumOf(shares, ({ of }) => of),
    ...(windows.length === 0 ? {} : { windowMs: Math.max(...windows) }),
  }
}

function share(cases: readonly unknown[], all: readonly unknown[]): Share {
  return { cases: cases.length, of: all.length }
}

/** How long before the fault the first of these was answered. */
function windowOf(answeredAt: readonly number[], faultAt: number | undefined): Pick<Share, 'windowMs'> {
  if (answeredAt.length === 0 || faultAt === undefined) return {}
  return { windowMs: Math.max(0, faultAt - Math.min(...answeredAt)) }
}

function sumOf<Item>(items: readonly Item[], numberIn: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + numberIn(item), 0)
}

/** Whoever was never told of a session has none. */
function visitorsIn(words: readonly Word[]): readonly Visitor[] {
  const wordsOf = new Map<string, Word[]>()
  for (const word of words) wordsOf.set(word.visitor, [...(wordsOf.get(word.visitor) ?? []), word])
  return [...wordsOf].flatMap(([name, words]) => visitorOf(name, words) ?? [])
}

function visitorOf(name: string, words: readonly Word[]): Visitor | undefined {
  const timesOf = (wanted: Word['what']): number[] =>
    words.filter(({ what }) => what === wanted).map(({ at }) => at)
  const { cookie, at = 0 } = words.find(({ what }) => what === 'began') ?? {}
  if (cookie === undefined) return undefined
  return {
    name,
    cookie,
    beganAt: at,
    changedAt: timesOf('counted'),
    isLeaving: timesOf('leaving').length > 0,
    leftAt: timesOf('left')[0],
    failures: timesOf('failed').length,
  }
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

/** When the changes were answered that are not there. With a session that nobody has ended all of them are lost. */
function lostChanges({ count, visitor: { changedAt } }: Finding): readonly number[] {
  return changedAt.slice(count)
}

/**
 * How many changes are there that nobody has made. What was changed when the process died or the store failed may have
 * happened, once for each failure.
 */
function surplusChanges({ count, visitor: { changedAt, failures } }: Finding): number {
  return Math.max(0, count - changedAt.length - Math.max(1, failures))
}
