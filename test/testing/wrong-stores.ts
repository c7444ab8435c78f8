import { anonymous } from '../../src/core/record/standing.ts'
import type { LoadedRecord, SessionRecord } from '../../src/core/record/store.ts'
import { furthest, type PlainStore, type Wrong } from './plain-store.ts'
import { wrongEpochStores } from './wrong-epoch-stores.ts'
import { wrongLeaseStores } from './wrong-lease-stores.ts'
import { wrongSubjectStores } from './wrong-subject-stores.ts'

/** For each clause of the contract, a store that breaks it. */
export const wrongStores: { readonly [clause: string]: Wrong } = {
  'create answers true for a new key, and load finds the record': () => ({ create: () => true }),
  'create answers false for a key that is taken, and changes nothing': honest => ({
    create(record) {
      const isFree = honest.create(record)
      honest.map.set(record.key, record)
      return isFree
    },
  }),
  'create does not keep a record that has already expired, and answers true': honest => ({
    create: record => record.expiresAt > honest.now() && honest.create(record),
  }),
  'create accepts a key whose record has expired': honest => ({
    create: record => !honest.map.has(record.key) && honest.create(record),
  }),
  'create accepts a key whose record was deleted': honest => {
    const deleted = new Set<string>()
    return {
      create: record => !deleted.has(record.key) && honest.create(record),
      delete: key => honest.delete(key) && deleted.add(key).has(key),
    }
  },
  'a record that reuses a key lives until its own end': endsAtFirstEnd,
  'of twenty concurrent creations of one key, exactly one succeeds and is kept': honest => ({
    async create(record) {
      const isFree = honest.load(record.key) === undefined
      await Promise.resolve()
      if (isFree) honest.map.set(record.key, record)
      return isFree
    },
  }),
  'concurrent creations of different keys all succeed and are all kept': honest => {
    let latest: SessionRecord
    return {
      async create(record) {
        latest = record
        await Promise.resolve()
        return honest.create(latest)
      },
    }
  },

  'load answers undefined for an unknown key': honest => ({
    load: key => honest.load(key) ?? [...honest.records()][0],
  }),
  'load finds a record until one millisecond before its end': honest => ({
    load: key =>
      [honest.load(key)].find(record => record !== undefined && record.expiresAt - 1 > honest.now()),
  }),
  'load answers undefined from the exact millisecond at which a record expires': honest => ({
    load: key =>
      [honest.map.get(key)].find(record => record !== undefined && record.expiresAt >= honest.now()),
  }),
  'a record whose end is Infinity never expires': honest => ({
    create: record => honest.create({ ...record, expiresAt: Math.min(record.expiresAt, 2 ** 41) }),
  }),
  'loading a record changes nothing in it': honest => ({
    load(key) {
      honest.touch(key, { touchedAt: honest.now(), expiresAt: 0, device: undefined })
      return honest.load(key)
    },
  }),
  'every character of a key counts: letters of both cases, digits, - and _': honest => ({
    create: record => honest.create({ ...record, key: record.key.toLowerCase() }),
    load: key => honest.load(key.toLowerCase()),
  }),

  'every field of a record comes back as it was': answering(record => ({
    ...record,
    createdAt: record.touchedAt,
  })),
  'every field of a replacement comes back as it was, and no field of the old record is left': honest => ({
    replace(record, version) {
      const { rotation } = honest.load(record.key) ?? {}
      return honest.replace({ ...record, rotation: record.rotation ?? rotation }, version)
    },
  }),
  'concurrent creations and replacements do not mix up the fields of records': honest => {
    let device: string | undefined
    return {
      async create(record) {
        device = record.device
        await Promise.resolve()
        return honest.create({ ...record, device })
      },
    }
  },
  'a large version and far-away times come back as they were': answering(record => ({
    ...record,
    version: record.version | 0,
  })),
  'an anonymous record comes back without a subject': answering(record => ({
    ...record,
    subject: String(record.subject),
  })),
  'a subject comes back as it was, in any script and even when it is empty': answering(record => ({
    ...record,
    subject: record.subject || undefined,
  })),
  'an epoch comes back as it was, up to the largest safe integer': answering(record => ({
    ...record,
    epoch: Number(record.epoch.toPrecision(14)),
  })),
  'a device and a rotation come back as they were, in any script and even when they are empty': answering(
    record => ({
      ...record,
      rotation: record.rotation || undefined,
    }),
  ),
  'a long subject, device and rotation come back as they were, to the last character': answering(record => ({
    ...record,
    rotation: record.rotation?.slice(0, 4000),
  })),
  'text comes back as it was, in any script and even when it is empty': answering(record => ({
    ...record,
    data: typeof record.data === 'string' ? record.data.normalize() : record.data,
  })),
  'bytes come back as they were, all 256 values and no bytes at all': answering(record => ({
    ...record,
    data:
      typeof record.data === 'string' ? record.data : Buffer.from(Buffer.from(record.data).toString('utf8')),
  })),
  'a view into a larger buffer comes back as the view alone': honest => ({
    create(record) {
      const data = typeof record.data === 'string' ? record.data : new Uint8Array(record.data.buffer)
      return honest.create({ ...record, data })
    },
  }),
  'a megabyte comes back as it was, as text and as bytes': answering(record => ({
    ...record,
    data: record.data.slice(0, 65_536),
  })),
  'a caller that changes the bytes it handed in does not change the record': honest => ({
    create: record => honest.map.set(record.key, record).has(record.key),
  }),
  'a caller that changes the bytes it got back does not change the record': honest => ({
    load: key => honest.map.get(key),
  }),

  'replace puts a record in place of the one with the expected version': honest => ({
    replace: (record, version) =>
      honest.replace({ ...record, subject: honest.load(record.key)?.subject }, version),
  }),
  'replace may change the subject, the epoch and the rotation': honest => ({
    replace(record, version) {
      const epoch = Math.max(record.epoch, honest.load(record.key)?.epoch ?? 0)
      return honest.replace({ ...record, epoch }, version)
    },
  }),
  'replace can remove the subject': honest => ({
    replace: (record, version) =>
      honest.replace({ ...record, subject: record.subject ?? honest.load(record.key)?.subject }, version),
  }),
  'replace answers gone for an unknown key, and creates nothing': upserts,
  'replace does not bring a deleted session back': upserts,
  'replace does not bring an expired session back': honest => ({
    replace(record) {
      if (!honest.map.has(record.key)) return 'gone'
      honest.map.set(record.key, record)
      return 'replaced'
    },
  }),
  'replace answers the current record on a version conflict, and changes nothing': honest => ({
    replace: (record, version) =>
      honest.replace(record, Math.max(version, honest.load(record.key)?.version ?? 0)),
  }),
  'a replacement may make a session expire earlier': honest => ({
    replace(record, version) {
      const expiresAt = Math.max(record.expiresAt, honest.load(record.key)?.expiresAt ?? 0)
      return honest.replace({ ...record, expiresAt }, version)
    },
  }),
  'a replacement that has already expired ends the session': honest => ({
    replace: (record, version) =>
      record.expiresAt > honest.now() ? honest.replace(record, version) : 'gone',
  }),
  'of twenty concurrent replacements of one version, exactly one succeeds': looksThenReplaces,
  'a concurrent replacement and deletion leave nothing behind': looksThenReplaces,
  'replace keeps activity that another request recorded meanwhile': honest => ({
    replace(record, version) {
      const answer = honest.replace(record, version)
      if (answer === 'replaced') honest.map.set(record.key, { ...record })
      return answer
    },
  }),
  'replace may make the end earlier when it is itself the latest activity': honest => ({
    replace(record, version) {
      const { expiresAt = 0 } = honest.load(record.key) ?? {}
      return honest.replace({ ...record, expiresAt: Math.max(expiresAt, record.expiresAt) }, version)
    },
  }),
  'replace leaves every other record alone': honest => ({
    replace(record) {
      honest.map.clear()
      honest.map.set(record.key, record)
      return 'replaced'
    },
  }),

  'touch moves both times forward': honest => ({
    touch: (key, { expiresAt, device }) => honest.touch(key, { touchedAt: 0, expiresAt, device }),
  }),
  'touch leaves everything but the times alone, including the version': touchesTheVersion,
  'touch by a caller with an older version does not bring the older data back': honest => {
    const created = new Map<string, SessionRecord>()
    return {
      create: record => honest.create(record) && created.set(record.key, record).has(record.key),
      touch: (key, activity) =>
        honest.touch(key, activity) && change(honest, key, { ...created.get(key), ...activity }),
    }
  },
  'touch by a caller with an older id, subject and epoch does not bring them back': honest => ({
    touch: (key, activity) =>
      honest.touch(key, activity) && change(honest, key, { subject: activity.subject }),
  }),
  'touch takes the device that it is given, even at the same instant as the last activity': honest => ({
    touch(key, activity) {
      const isLater = activity.touchedAt > (honest.load(key)?.touchedAt ?? 0)
      return honest.touch(key, isLater ? activity : { ...activity, device: undefined })
    },
  }),
  'touch without a device leaves the device alone': honest => ({
    touch: (key, activity) => honest.touch(key, activity) && change(honest, key, { device: activity.device }),
  }),
  'touch with an earlier activity does not bring its device back': honest => ({
    touch(key, activity) {
      const isLive = honest.touch(key, activity)
      return change(honest, key, activity.device === undefined ? {} : { device: activity.device }) && isLive
    },
  }),
  'touch never moves the last activity back, even when it moves the end forward': honest => ({
    touch(key, activity) {
      const isLive = honest.touch(key, activity)
      return change(honest, key, { touchedAt: activity.touchedAt }) && isLive
    },
  }),
  'touch never moves the end back, even when it moves the last activity forward': honest => ({
    touch(key, activity) {
      const isLive = honest.touch(key, activity)
      return change(honest, key, { expiresAt: activity.expiresAt }) && isLive
    },
  }),
  'a touched record lives until its new end, and expires there': endsAtFirstEnd,
  'touch answers false for an unknown key, and creates nothing': honest => ({
    touch: (key, activity) => honest.touch(key, activity) || true,
  }),
  'touch does not bring a deleted session back': honest => {
    const deleted = new Map<string, SessionRecord>()
    return {
      delete(key) {
        for (const record of honest.records()) deleted.set(record.key, record)
        return honest.delete(key)
      },
      touch(key, activity) {
        const record = honest.load(key) ?? deleted.get(key)
        if (record !== undefined) honest.map.set(key, record)
        return honest.touch(key, activity)
      },
    }
  },
  'touch does not bring an expired session back': honest => ({
    touch: (key, activity) => change(honest, key, activity),
  }),
  'after a touch, replace still works with the version from before': touchesTheVersion,
  'of twenty concurrent touches, the latest times count': looksThenTouches,
  'of twenty concurrent touches, the device of the latest activity counts': honest => ({
    touch(key, activity) {
      const isLive = honest.touch(key, activity)
      return change(honest, key, { device: activity.device }) && isLive
    },
  }),
  'a concurrent touch and replacement both count': looksThenTouches,
  'a concurrent touch and deletion leave nothing behind': looksThenTouches,
  'touch leaves every other record alone': honest => ({
    touch(_, activity) {
      for (const key of honest.map.keys()) honest.touch(key, activity)
      return true
    },
  }),

  'delete removes a live record, and answers true': honest => ({ delete: key => honest.map.has(key) }),
  'a second deletion answers false': deletesAlways,
  'delete answers false for an unknown key': deletesAlways,
  'delete answers false for an expired record': honest => ({
    delete: key => honest.map.delete(key),
  }),
  'of twenty concurrent deletions, exactly one answers true': honest => ({
    async delete(key) {
      const isLive = honest.load(key) !== undefined
      await Promise.resolve()
      honest.delete(key)
      return isLive
    },
  }),
  'delete leaves every other record alone': honest => ({
    delete(key) {
      const isLive = honest.delete(key)
      honest.map.clear()
      return isLive
    },
  }),

  'the name of the store is a plain word or two, and no address': () => ({
    name: 'plain://user:secret@host',
  }),
  'the store has exactly the powers that the harness declares': () => ({ traits: {} }),
  'load answers without a promise, whether there is a record or not': honest => ({
    load: key => honest.load(key) ?? (Promise.resolve(undefined) as never),
  }),
  'ofSubject and epochOf answer without a promise, whether they find something or not': honest => ({
    epochOf: async subject => honest.epochOf(subject),
  }),
  'records streams every live record exactly once': honest => ({
    records: () => [...honest.records(), ...honest.records()],
  }),
  'records streams a changed record as it is now': honest => {
    const created = new Map<string, SessionRecord>()
    return {
      create: record => honest.create(record) && created.set(record.key, record).has(record.key),
      records: () => created.values(),
    }
  },
  'records streams nothing from an empty store': () => ({
    records: () => [
      { ...anonymous, key: 'k', version: 1, createdAt: 0, touchedAt: 0, expiresAt: 0, data: '' },
    ],
  }),
  'records leaves out deleted and expired records': honest => ({
    records: () => honest.map.values(),
  }),
  'sweep removes expired records, and answers how many': honest => ({
    sweep: limit => ({ ...honest.sweep(limit), removed: 0 }),
  }),
  'sweep removes at most as many records as its limit': honest => ({
    sweep: (_limit, by) => honest.sweep(Number.POSITIVE_INFINITY, by),
  }),
  'sweep removes a record at the exact millisecond at which it expires': honest => ({
    sweep: (limit, by = honest.now()) => honest.sweep(limit, by - 1),
  }),
  'sweep leaves every live record alone, including one that a touch has prolonged': honest => {
    const ends = new Map<string, number>()
    return {
      create: record => honest.create(record) && ends.set(record.key, record.expiresAt).has(record.key),
      sweep() {
        const over = [...ends.keys()].filter(key => (ends.get(key) ?? 0) <= honest.now())
        return { removed: over.filter(key => honest.map.delete(key)).length }
      },
    }
  },
  'small sweeps come to every expired record, however many have been prolonged': honest => ({
    sweep: (limit, by) => ({ removed: honest.sweep(limit, by).removed }),
  }),
  'two concurrent sweeps count no record twice': honest => ({
    async sweep(limit) {
      const over = [...honest.map.values()].filter(({ expiresAt }) => expiresAt <= honest.now())
      await Promise.resolve()
      honest.sweep(limit)
      return { removed: over.length }
    },
  }),
  'sweep by an earlier time leaves records alone that have expired since': honest => ({
    sweep: limit => honest.sweep(limit),
  }),
  'sweep tells when expired records are left, and does not put a later one off': honest => ({
    sweep: (limit, by) => ({ ...honest.sweep(limit, by), nextAt: honest.now() + 1 }),
  }),
  'a second connection sees each write at once': readsFromACache,
  'two connections that update one session at the same time lose no update': loadsThenOverwrites,
  'of two connections that delete one session at the same time, one is told that it was there': honest => ({
    async delete(key) {
      const isThere = honest.find(key) !== undefined
      await Promise.resolve()
      honest.delete(key)
      return isThere
    },
  }),
  'a creation that the driver sends twice answers true': honest => ({
    create: record => honest.create(record) && honest.create(record),
  }),
  'a replacement that the driver sends twice answers that it has replaced, and counts once': honest => ({
    replace(record, version) {
      honest.replace(record, version)
      return honest.replace(record, version)
    },
  }),

  ...wrongSubjectStores,
  ...wrongEpochStores,
  ...wrongLeaseStores,
}

function answering(alter: (record: SessionRecord) => SessionRecord): Wrong {
  return honest => ({ load: key => [honest.load(key)].flatMap(record => (record ? [alter(record)] : []))[0] })
}

/** A time to live that is set once for a key, and stays. */
function endsAtFirstEnd(honest: PlainStore): ReturnType<Wrong> {
  const ends = new Map<string, number>()
  return {
    create(record) {
      if (!ends.has(record.key)) ends.set(record.key, record.expiresAt)
      return honest.create(record)
    },
    load: key => ((ends.get(key) ?? 0) > honest.now() ? honest.load(key) : undefined),
  }
}

function upserts(honest: PlainStore): ReturnType<Wrong> {
  return {
    replace(record, version) {
      if (!honest.map.has(record.key)) honest.map.set(record.key, { ...record, version })
      return honest.replace(record, version)
    },
  }
}

function looksThenReplaces(honest: PlainStore): ReturnType<Wrong> {
  return {
    async replace(record, version) {
      const found = honest.load(record.key)
      await Promise.resolve()
      if (found?.version !== version) return found ?? 'gone'
      honest.map.set(record.key, record)
      return 'replaced'
    },
  }
}

function looksThenTouches(honest: PlainStore): ReturnType<Wrong> {
  return {
    async touch(key, activity) {
      const found = honest.load(key)
      await Promise.resolve()
      if (found !== undefined) honest.map.set(key, furthest(found, activity))
      return found !== undefined
    },
  }
}

function touchesTheVersion(honest: PlainStore): ReturnType<Wrong> {
  return {
    touch(key, activity) {
      const isLive = honest.touch(key, activity)
      return change(honest, key, { version: (honest.load(key)?.version ?? 0) + 1 }) && isLive
    },
  }
}

function deletesAlways(honest: PlainStore): ReturnType<Wrong> {
  return { delete: key => honest.delete(key) || true }
}

function change({ map }: PlainStore, key: string, changes: Partial<SessionRecord>): boolean {
  const record = map.get(key)
  if (record !== undefined) map.set(key, { ...record, ...changes })
  return record !== undefined
}

/** Each connection has a cache of its own. */
function readsFromACache(honest: PlainStore): ReturnType<Wrong> {
  const cache = new Map<string, LoadedRecord | undefined>()
  return {
    load(key) {
      if (!cache.has(key)) cache.set(key, honest.load(key))
      return cache.get(key)
    },
  }
}

/** Loads the record, compares the version in this process, and overwrites what is there by then. */
function loadsThenOverwrites(honest: PlainStore): ReturnType<Wrong> {
  return {
    async replace(record, version) {
      const found = honest.find(record.key)
      await Promise.resolve()
      if (found === undefined) return 'gone'
      if (found.version !== version) return found
      honest.map.set(record.key, record)
      return 'replaced'
    },
  }
}
