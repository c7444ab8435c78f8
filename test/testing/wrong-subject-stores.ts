import type { SessionFacts, SubjectListing } from '../../src/core/record/store.ts'
import type { PlainStore, Wrong } from './plain-store.ts'

/** For each clause about the sessions of a subject, a store that breaks it. */
export const wrongSubjectStores: { readonly [clause: string]: Wrong } = {
  'ofSubject lists the live sessions of a subject, each with every field but the data': listing(facts => ({
    ...facts,
    rotation: undefined,
  })),
  'ofSubject answers an empty list for a subject without a session': honest => ({
    ofSubject: subject => listOf([...honest.records()].filter(record => `${record.subject}` === subject)),
  }),
  'ofSubject keeps similar subjects apart, in any script': comparedBy(subject => subject.normalize()),
  'ofSubject lists hundreds of sessions of one subject': honest => ({
    ofSubject: subject => listOf(honest.sessionsOf(subject).slice(0, 101)),
  }),
  'ofSubject leaves out a deleted session': honest => {
    const listed = new Map<string, SessionFacts>()
    return {
      create: record => honest.create(record) && listed.set(record.key, record).has(record.key),
      ofSubject: subject => listOf([...listed.values()].filter(facts => facts.subject === subject)),
    }
  },
  'ofSubject lists a session until one millisecond before its end': honest => ({
    ofSubject: subject => listOf([...honest.map.values()].filter(record => record.subject === subject)),
  }),
  'ofSubject lists a touched session with its new values, until its new end': indexEndsAtFirstEnd,
  'ofSubject lists a replaced session with its new values, until its new end': indexEndsAtFirstEnd,
  'a replacement moves a session to another subject, to none, and back': honest => {
    const firstSubjects = new Map<string, string | undefined>()
    return {
      create: record =>
        honest.create(record) && firstSubjects.set(record.key, record.subject).has(record.key),
      ofSubject: subject =>
        listOf([...honest.records()].filter(({ key }) => firstSubjects.get(key) === subject)),
    }
  },
  'a write that is refused or already expired gives no subject a session': indexedBeforeWriting,
  'a session that reuses the key of an expired one is listed once, under its new subject only':
    listedForEachCreation,
  'concurrently created sessions of one subject are all listed': honest => {
    const lists = new Map<string | undefined, readonly string[]>()
    return {
      async create(record) {
        const list = lists.get(record.subject) ?? []
        await Promise.resolve()
        lists.set(record.subject, [...list, record.key])
        return honest.create(record)
      },
      ofSubject: subject =>
        listOf([...honest.records()].filter(({ key }) => lists.get(subject)?.includes(key))),
    }
  },
  'of twenty concurrent replacements, the one that succeeds decides the subject': indexedBeforeWriting,
  'a session that is deleted during a write is not listed afterwards': honest => {
    const written = new Map<string, SessionFacts>()
    return {
      async replace(record, version) {
        const answer = honest.replace(record, version)
        await Promise.resolve()
        if (answer === 'replaced') written.set(record.key, record)
        return answer
      },
      delete: key => [honest.delete(key), written.delete(key)].includes(true),
      ofSubject: subject =>
        listOf([
          ...honest.sessionsOf(subject),
          ...[...written.values()].filter(facts => facts.subject === subject),
        ]),
    }
  },
}

export function listOf(sessions: readonly SessionFacts[]): SubjectListing {
  return { sessions, epoch: undefined }
}

function listing(alter: (facts: SessionFacts) => SessionFacts): Wrong {
  return honest => ({ ofSubject: subject => listOf(honest.sessionsOf(subject).map(alter)) })
}

function comparedBy(simplified: (subject: string) => string): Wrong {
  return honest => ({
    ofSubject: asked =>
      listOf(
        [...honest.records()].filter(
          ({ subject }) => subject !== undefined && simplified(subject) === simplified(asked),
        ),
      ),
  })
}

/** An entry of the index that has a time to live of its own, set when the record is created. */
function indexEndsAtFirstEnd(honest: PlainStore): ReturnType<Wrong> {
  const ends = new Map<string, number>()
  return {
    create: record => honest.create(record) && ends.set(record.key, record.expiresAt).has(record.key),
    ofSubject: subject =>
      listOf(honest.sessionsOf(subject).filter(({ key }) => (ends.get(key) ?? 0) > honest.now())),
  }
}

/** An index that is written before the record, and not compared with it when it is read. */
function indexedBeforeWriting(honest: PlainStore): ReturnType<Wrong> {
  const index = new Map<string, string | undefined>()
  return {
    create(record) {
      index.set(record.key, record.subject)
      return honest.create(record)
    },
    replace(record, version) {
      index.set(record.key, record.subject)
      return honest.replace(record, version)
    },
    ofSubject: subject => listOf([...honest.records()].filter(({ key }) => index.get(key) === subject)),
  }
}

/** An index that gains an entry with each creation, and loses none when a record is over. */
function listedForEachCreation(honest: PlainStore): ReturnType<Wrong> {
  const entries: { readonly key: string; readonly subject: string | undefined }[] = []
  return {
    create: record => honest.create(record) && entries.push(record) > 0,
    ofSubject: subject =>
      listOf(
        entries
          .filter(entry => entry.subject === subject)
          .flatMap(({ key }) => [honest.load(key) ?? []].flat()),
      ),
  }
}
