import { anonymous } from '../../src/core/record/standing.ts'
import type { SubjectEpoch } from '../../src/core/record/store.ts'
import type { PlainStore, Wrong } from './plain-store.ts'

/** For each clause about epochs, a store that breaks it. */
export const wrongEpochStores: { readonly [clause: string]: Wrong } = {
  'epochOf answers undefined for a subject whose epoch nobody has raised': honest => ({
    epochOf: subject => honest.epochOf(subject) ?? { epoch: 0, except: undefined, expiresAt: 0 },
  }),
  'an epoch that was raised comes back as it was, up to the largest safe integer': raising(epoch => ({
    ...epoch,
    epoch: Number(epoch.epoch.toPrecision(14)),
  })),
  'raiseEpoch puts a higher epoch in the place of a lower one, with an exception of its own': honest => ({
    raiseEpoch(subject, epoch) {
      const except = epoch.except ?? honest.epochOf(subject)?.except
      honest.raiseEpoch(subject, { ...epoch, except })
    },
  }),
  'raiseEpoch never lowers an epoch, nor makes it shorter, nor changes its exception': honest => ({
    raiseEpoch(subject, given) {
      const epoch = Math.max(given.epoch, honest.epochOf(subject)?.epoch ?? 0)
      honest.epochs.set(subject, { ...given, epoch })
    },
  }),
  'of two equal epochs the longer is kept': takesTheLastOfEquals,
  'of two equal epochs the exception is kept only if it is the same': takesTheLastOfEquals,
  'of twenty epochs that are raised at the same time, the highest is kept': looksThenRaises,
  'of equal epochs that are raised at the same time with different exceptions, none has one': looksThenRaises,
  'the exception of an epoch is not spared from an earlier one, whichever of the two comes first':
    honest => ({
      raiseEpoch(subject, given) {
        if (given.epoch >= (honest.epochOf(subject)?.epoch ?? 0)) honest.raiseEpoch(subject, given)
      },
    }),
  'of twenty epochs that are raised at the same time, the exception of the highest needs the highest other':
    looksThenRaises,
  'epochOf answers undefined from the very millisecond at which the time of an epoch is over': honest => ({
    epochOf: subject => honest.epochs.get(subject),
  }),
  'an epoch whose time is over stands in the way of no other': honest => ({
    raiseEpoch(subject, epoch) {
      if (epoch.epoch > (honest.epochs.get(subject)?.epoch ?? 0)) honest.raiseEpoch(subject, epoch)
    },
  }),
  'an epoch that is over when it arrives is not kept, and takes the place of none': honest => ({
    raiseEpoch(subject, epoch) {
      honest.raiseEpoch(subject, epoch)
      if (epoch.expiresAt <= honest.now()) honest.epochs.delete(subject)
    },
  }),
  'an epoch is of its subject alone, however others resemble it': honest => ({
    epochOf: subject => honest.epochOf(subject.toLowerCase()),
    raiseEpoch: (subject, epoch) => honest.raiseEpoch(subject.toLowerCase(), epoch),
  }),
  'an epoch ends no session by itself: each is found and listed as before': honest => ({
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
  'an epoch is no record: it is not found under its subject, and takes no key': epochsAmongRecords,
  'records streams no epoch': epochsAmongRecords,
  'sweep counts no epoch, and removes none before its time is over': honest => ({
    sweep(limit) {
      const over = [...honest.epochs].filter(([, { expiresAt }]) => expiresAt <= honest.now())
      for (const [subject] of over) honest.epochs.delete(subject)
      return honest.sweep(limit) + over.length
    },
  }),
  'of twenty sign-ins and an end of all at the same time, none of the earlier epoch is left': honest => {
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
