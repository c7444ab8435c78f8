import { anonymous } from '../../src/core/record/standing.ts'
import type { LoadedRecord } from '../../src/core/record/store.ts'
import type { PlainStore, Wrong } from './plain-store.ts'
import { listOf } from './wrong-subject-stores.ts'

/** For each clause about epochs, a store that breaks it. */
export const wrongEpochStores: { readonly [clause: string]: Wrong } = {
  'epochOf answers undefined for a subject without an epoch': honest => ({
    epochOf: subject => honest.epochOf(subject) ?? { epoch: 0, except: undefined, expiresAt: 0 },
  }),
  'the epoch of a subject comes back as it was, up to the largest safe integer': honest => ({
    exchangeEpoch: exchange =>
      honest.exchangeEpoch({
        ...exchange,
        next: { ...exchange.next, epoch: Number(exchange.next.epoch.toPrecision(14)) },
      }),
  }),
  'load returns the epoch of its subject with a session, and none with an anonymous one': honest => {
    const first = new Map<string, LoadedRecord>()
    return {
      load(key) {
        const found = first.get(key) ?? honest.load(key)
        if (found !== undefined) first.set(key, found)
        return found
      },
    }
  },
  'exchangeEpoch replaces the expected epoch, with its exception and its end': honest => ({
    exchangeEpoch(exchange) {
      const { except } = honest.epochOf(exchange.subject) ?? {}
      const next = { ...exchange.next, except: exchange.next.except ?? except }
      return honest.exchangeEpoch({ ...exchange, next })
    },
  }),
  'exchangeEpoch answers undefined for another epoch than the expected one, and changes nothing':
    comparesNothing,
  'exchangeEpoch without an expected epoch replaces any, and never lowers the number': honest => ({
    exchangeEpoch({ subject, next, expected }) {
      if (expected !== undefined) return honest.exchangeEpoch({ subject, next, expected })
      honest.epochs.set(subject, next)
      return next.epoch
    },
  }),
  'of twenty concurrent exchanges of one epoch, exactly one succeeds': looksThenSets,
  'of twenty concurrent exchanges without an expected epoch, each gets a number of its own': looksThenSets,
  'endBelow removes the sessions of a subject with a lower epoch, and returns their keys': honest => ({
    endBelow: (subject, line) => honest.endBelow(subject, { ...line, epoch: line.epoch + 1 }),
  }),
  'endBelow spares the session that the epoch excepts, and no other': honest => ({
    endBelow: (subject, line) => honest.endBelow(subject, { ...line, except: undefined }),
  }),
  'endBelow leaves other subjects and anonymous sessions alone, however similar they are': honest => ({
    endBelow: (subject, line) =>
      [...honest.records()]
        .flatMap(each => (each.subject?.startsWith(subject.slice(0, 2)) ? [each.subject] : []))
        .flatMap(each => honest.endBelow(each, line)),
  }),
  'endBelow returns no key twice, and none of a session that has expired or is deleted': honest => ({
    endBelow(subject, line) {
      const over = [...honest.map.values()].filter(
        each => each.subject === subject && each.expiresAt <= honest.now(),
      )
      return [...honest.endBelow(subject, line), ...over.map(({ key }) => key)]
    },
  }),
  'a session that endBelow has removed is gone for replace, touch and delete': honest => {
    const hidden = new Set<string>()
    return {
      endBelow(subject, line) {
        const below = honest.sessionsOf(subject).filter(({ epoch }) => epoch < line.epoch)
        for (const { key } of below) hidden.add(key)
        return below.map(({ key }) => key)
      },
      load: key => (hidden.has(key) ? undefined : honest.load(key)),
    }
  },
  'endBelow removes hundreds of sessions in one call': honest => ({
    endBelow(subject, line) {
      const below = honest.sessionsOf(subject).filter(({ epoch }) => epoch < line.epoch)
      return below
        .slice(0, 100)
        .map(({ key }) => key)
        .filter(key => honest.delete(key))
    },
  }),
  'of two concurrent calls of endBelow, only one returns a key': honest => ({
    async endBelow(subject, line) {
      const keys = honest.sessionsOf(subject).map(({ key }) => key)
      await Promise.resolve()
      honest.endBelow(subject, line)
      return keys
    },
  }),
  'epochOf answers undefined from the exact millisecond at which an epoch expires': honest => ({
    epochOf: subject => honest.epochs.get(subject),
  }),
  'an expired epoch counts as none, whatever the caller expects': honest => ({
    exchangeEpoch: exchange =>
      honest.epochs.get(exchange.subject)?.epoch === exchange.expected || !honest.epochs.has(exchange.subject)
        ? honest.exchangeEpoch(exchange)
        : undefined,
  }),
  'an epoch that has already expired is not kept, and replaces no other': honest => ({
    exchangeEpoch(exchange) {
      const answer = honest.exchangeEpoch(exchange)
      if (exchange.next.expiresAt <= honest.now()) honest.epochs.delete(exchange.subject)
      return answer
    },
  }),
  'an epoch belongs to its subject only, however similar other subjects are': honest => ({
    epochOf: subject => honest.epochOf(subject.toLowerCase()),
    exchangeEpoch: exchange => honest.exchangeEpoch({ ...exchange, subject: exchange.subject.toLowerCase() }),
  }),
  'an epoch ends no session by itself: load and ofSubject find each one as before': honest => ({
    ofSubject: subject =>
      listOf(
        honest.sessionsOf(subject).filter(({ epoch }) => epoch >= (honest.epochOf(subject)?.epoch ?? 0)),
      ),
  }),
  'an epoch outlives the sessions of its subject': honest => ({
    delete(key) {
      const { subject = '' } = honest.load(key) ?? {}
      const wasThere = honest.delete(key)
      if (honest.sessionsOf(subject).length === 0) honest.epochs.delete(subject)
      return wasThere
    },
  }),
  'an epoch is no record: load and ofSubject do not find it, and its key stays free': epochsAmongRecords,
  'records streams no epoch': epochsAmongRecords,
  'sweep counts no epoch, and removes none before it expires': honest => ({
    sweep(limit) {
      const over = [...honest.epochs].filter(([, { expiresAt }]) => expiresAt <= honest.now())
      for (const [subject] of over) honest.epochs.delete(subject)
      const { removed } = honest.sweep(limit)
      return { removed: removed + over.length }
    },
  }),
  'of twenty sign-ins concurrent with an end of all, none with the earlier epoch is left': honest => {
    const indexed = new Set<string>()
    return {
      create(record) {
        void severalTurns().then(() => indexed.add(record.key))
        return honest.create(record)
      },
      endBelow: (subject, line) =>
        honest
          .sessionsOf(subject)
          .filter(({ key, epoch }) => indexed.has(key) && epoch < line.epoch)
          .map(({ key }) => key)
          .filter(key => honest.delete(key)),
    }
  },
}

/** How far an index may lag behind that is written after its record. */
async function severalTurns(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve()
}

function comparesNothing(honest: PlainStore): ReturnType<Wrong> {
  return {
    exchangeEpoch: ({ subject, next }) => honest.exchangeEpoch({ subject, next, expected: undefined }),
  }
}

function looksThenSets(honest: PlainStore): ReturnType<Wrong> {
  return {
    async exchangeEpoch({ subject, next, expected }) {
      const present = honest.epochOf(subject)?.epoch ?? 0
      await Promise.resolve()
      if (expected !== undefined && expected !== present) return undefined
      const epoch = expected === undefined ? Math.max(next.epoch, present + 1) : next.epoch
      honest.epochs.set(subject, { ...next, epoch })
      return epoch
    },
  }
}

/** Epochs that are kept as records are, under the subject. */
function epochsAmongRecords(honest: PlainStore): ReturnType<Wrong> {
  return {
    exchangeEpoch({ subject, next: { expiresAt, ...epoch } }) {
      const times = { createdAt: 0, touchedAt: 0, expiresAt }
      const data = JSON.stringify(epoch)
      honest.create({ ...anonymous, ...times, key: subject, version: 1, data })
      return epoch.epoch
    },
    epochOf(subject) {
      const record = honest.load(subject)
      return record && { ...JSON.parse(`${record.data}`), expiresAt: record.expiresAt }
    },
  }
}
