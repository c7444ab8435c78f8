import { anonymous } from '../../src/core/record/standing.ts'
import type { SubjectEpoch } from '../../src/core/record/store.ts'
import type { PlainStore, Wrong } from './plain-store.ts'

/** For each clause about epochs, a store that breaks it. */
export const wrongEpochStores: { readonly [clause: string]: Wrong } = {
  'epochOf answers undefined for a subject without an epoch': honest => ({
    epochOf: subject => honest.epochOf(subject) ?? { epoch: 0, except: undefined, expiresAt: 0 },
  }),
  'a raised epoch comes back as it was, up to the largest safe integer': raising(epoch => ({
    ...epoch,
    epoch: Number(epoch.epoch.toPrecision(14)),
  })),
  'raiseEpoch replaces a lower epoch by a higher one, which has its own exception': honest => ({
    raiseEpoch(subject, epoch) {
      const except = epoch.except ?? honest.epochOf(subject)?.except
      honest.raiseEpoch(subject, { ...epoch, except })
    },
  }),
  'raiseEpoch with a lower epoch does not lower or shorten the current one, or change its exception':
    honest => ({
      raiseEpoch(subject, given) {
        const epoch = Math.max(given.epoch, honest.epochOf(subject)?.epoch ?? 0)
        honest.epochs.set(subject, { ...given, epoch })
      },
    }),
  'of two equal epochs the later end is kept': takesTheLastOfEquals,
  'of two equal epochs the exception is kept only if both have it': takesTheLastOfEquals,
  'of twenty concurrently raised epochs, the highest is kept': looksThenRaises,
  'equal epochs that are raised concurrently with different exceptions leave no exception': looksThenRaises,
  'the exception of an epoch does not protect from a lower one, whichever is raised first': honest => ({
    raiseEpoch(subject, given) {
      if (given.epoch >= (honest.epochOf(subject)?.epoch ?? 0)) honest.raiseEpoch(subject, given)
    },
  }),
  'of twenty concurrently raised epochs, the exception of the highest needs the highest that does not spare it':
    looksThenRaises,
  'epochOf answers undefined from the exact millisecond at which an epoch expires': honest => ({
    epochOf: subject => honest.epochs.get(subject),
  }),
  'an expired epoch does not keep a lower one out': honest => ({
    raiseEpoch(subject, epoch) {
      if (epoch.epoch > (honest.epochs.get(subject)?.epoch ?? 0)) honest.raiseEpoch(subject, epoch)
    },
  }),
  'an epoch that has already expired is not kept, and replaces no other': honest => ({
    raiseEpoch(subject, epoch) {
      honest.raiseEpoch(subject, epoch)
      if (epoch.expiresAt <= honest.now()) honest.epochs.delete(subject)
    },
  }),
  'an epoch belongs to its subject only, however similar other subjects are': honest => ({
    epochOf: subject => honest.epochOf(subject.toLowerCase()),
    raiseEpoch: (subject, epoch) => honest.raiseEpoch(subject.toLowerCase(), epoch),
  }),
  'raising an epoch ends no session by itself: load and ofSubject find each one as before': honest => ({
    ofSubject: subject =>
      honest.ofSubject(subject).filter(({ epoch }) => epoch >= (honest.epochOf(subject)?.epoch ?? 0)),
  }),
  'an epoch outlives the sessions of its subject': honest => ({
    delete(key) {
      const { subject = '' } = honest.load(key) ?? {}
      const wasThere = honest.delete(key)
      if (honest.ofSubject(subject).length === 0) honest.epochs.delete(subject)
      return wasThere
    },
  }),
  'an epoch is no record: load and ofSubject do not find it, and its key stays free': epochsAmongRecords,
  'records streams no epoch': epochsAmongRecords,
  'sweep counts no epoch, and removes none before it expires': honest => ({
    sweep(limit) {
      const over = [...honest.epochs].filter(([, { expiresAt }]) => expiresAt <= honest.now())
      for (const [subject] of over) honest.epochs.delete(subject)
      return honest.sweep(limit) + over.length
    },
  }),
  'of twenty sign-ins concurrent with an end of all, none with the earlier epoch is left': honest => {
    const indexed = new Set<string>()
    return {
      create(record) {
        void severalTurns().then(() => indexed.add(record.key))
        return honest.create(record)
      },
      ofSubject: subject => honest.ofSubject(subject).filter(({ key }) => indexed.has(key)),
    }
  },
}

/** How far an index may lag behind that is written after its record. */
async function severalTurns(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve()
}

function raising(alter: (epoch: SubjectEpoch) => SubjectEpoch): Wrong {
  return honest => ({ raiseEpoch: (subject, epoch) => honest.raiseEpoch(subject, alter(epoch)) })
}

function takesTheLastOfEquals(honest: PlainStore): ReturnType<Wrong> {
  return {
    raiseEpoch(subject, epoch) {
      if (epoch.epoch >= (honest.epochOf(subject)?.epoch ?? 0)) honest.epochs.set(subject, epoch)
    },
  }
}

function looksThenRaises(honest: PlainStore): ReturnType<Wrong> {
  return {
    async raiseEpoch(subject, epoch) {
      const found = honest.epochOf(subject)
      await Promise.resolve()
      if (found === undefined || epoch.epoch > found.epoch) honest.epochs.set(subject, epoch)
    },
  }
}

/** Epochs that are kept as records are, under the subject. */
function epochsAmongRecords(honest: PlainStore): ReturnType<Wrong> {
  return {
    raiseEpoch(subject, { expiresAt, ...epoch }) {
      const times = { createdAt: 0, touchedAt: 0, expiresAt }
      const data = JSON.stringify(epoch)
      honest.create({ ...anonymous, ...times, key: subject, version: 1, data })
    },
    epochOf(subject) {
      const record = honest.load(subject)
      return record && { ...JSON.parse(`${record.data}`), expiresAt: record.expiresAt }
    },
  }
}
