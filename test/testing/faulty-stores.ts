import { anonymous } from '../../src/core/record/standing.ts'
import type { SessionRecord } from '../../src/core/record/store.ts'
import type { RecordMemory } from '../../src/stores/memory.ts'

/** The verbs that a faulty store does otherwise than the honest one behind it. */
type Fault = (honest: RecordMemory) => Partial<RecordMemory>

/** Stores that answer as a good one does, and do something else. Each is named after what it does. */
export const faultyStores: { readonly [name: string]: Fault } = {
  'a store whose replace ignores the version': honest => ({
    replace(record) {
      const found = honest.load(record.key)
      return found === undefined ? 'gone' : honest.replace(record, found.version)
    },
  }),
  'a store whose replace brings an ended session back': honest => ({
    replace(record, expectedVersion) {
      const answer = honest.replace(record, expectedVersion)
      if (answer === 'gone') honest.create(record)
      return answer === 'gone' ? 'replaced' : answer
    },
  }),
  'a store whose replace keeps the old data': honest => ({
    replace(record, expectedVersion) {
      const data = honest.load(record.key)?.data ?? record.data
      return honest.replace({ ...record, data }, expectedVersion)
    },
  }),
  'a store whose replace keeps the old times': honest => ({
    replace(record, expectedVersion) {
      const { touchedAt, expiresAt } = honest.load(record.key) ?? record
      return honest.replace({ ...record, touchedAt, expiresAt }, expectedVersion)
    },
  }),
  'a store whose replace forgets which id counts': honest => ({
    replace: (record, expectedVersion) => honest.replace({ ...record, rotation: undefined }, expectedVersion),
  }),
  'a store whose delete is lost': () => ({ delete: () => true }),
  'a store whose delete does not say what it did': honest => ({
    delete(key) {
      honest.delete(key)
      return false
    },
  }),
  'a store whose create is lost': () => ({ create: () => true }),
  'a store whose create keeps everything under one key': honest => {
    const alias = (record: SessionRecord): SessionRecord => ({ ...record, key: `${record.key[0]}` })
    const back = (key: string, found: SessionRecord | undefined) => found && { ...found, key }
    return {
      create(record) {
        honest.delete(alias(record).key)
        return honest.create(alias(record))
      },
      load: key => back(key, honest.load(`${key[0]}`)),
      delete: key => honest.delete(`${key[0]}`),
    }
  },
  'a store whose touch brings an ended session back': honest => ({
    touch: (key, activity) =>
      honest.touch(key, activity) ||
      honest.create({ ...anonymous, ...activity, key, version: 1, createdAt: 0, data: '{}' }),
  }),
  'a store whose touch is lost': honest => ({ touch: key => honest.load(key) !== undefined }),
  'a store whose touch answers for sessions that have ended': honest => ({
    touch(key, activity) {
      honest.touch(key, activity)
      return true
    },
  }),
  'a store whose load answers from a cache': honest => {
    const cache = new Map<string, SessionRecord>()
    return {
      load(key) {
        const found = cache.get(key) ?? honest.load(key)
        if (found !== undefined) cache.set(key, found)
        return found
      },
    }
  },
  'a store whose ofSubject forgets somebody': honest => ({
    ofSubject(subject) {
      const { sessions, epoch } = honest.ofSubject(subject)
      return { sessions: sessions.slice(1), epoch }
    },
  }),
  'a store whose epochs are lost': () => ({
    exchangeEpoch: ({ next }) => next.epoch,
  }),
  'a store whose epochs begin anew each time': honest => ({
    exchangeEpoch: exchange => honest.exchangeEpoch({ ...exchange, next: { ...exchange.next, epoch: 1 } }),
  }),
}
