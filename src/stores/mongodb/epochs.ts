import type { EpochExchange, StoreCall, SubjectEpoch } from '../../core/record/store.ts'
import type { Clock } from '../../core/time/clock.ts'
import type { Collections } from './collections.ts'
import { epochIn, restOf } from './documents.ts'
import { raised } from './pipelines.ts'

/** The epochs of the subjects, a document for each. */
export class Epochs {
  readonly #collections: Collections
  readonly #clock: Clock

  constructor(collections: Collections, clock: Clock) {
    this.#collections = collections
    this.#clock = clock
  }

  async of(subject: string, call?: StoreCall): Promise<SubjectEpoch | undefined> {
    const [found] = await this.#collections.run(
      ({ epochs }, options) => epochs.find({ _id: subject }, options).toArray(),
      call,
    )
    return this.live(found)
  }

  /** Reads the epoch in a document; undefined if there is none, or if it has expired. */
  live(document: unknown): SubjectEpoch | undefined {
    const epoch = epochIn(document)
    return epoch === undefined || this.#isOver(epoch) ? undefined : epoch
  }

  /** Where there is none, the upsert makes it. Where there is another one, the upsert meets its id. */
  async exchange({ subject, next, expected }: EpochExchange, call?: StoreCall): Promise<number | undefined> {
    if (this.#isOver(next)) return next.epoch
    if (expected === undefined) return await this.#raise(subject, next, call)
    const present = { _id: subject, $or: [{ expiresAt: { $lte: this.#clock.now() } }, { line: expected }] }
    const document = { _id: subject, line: next.epoch, ...restOf(next) }
    const set = await this.#collections.runUpsert(
      ({ epochs }, options) => epochs.replaceOne(present, document, { ...options, upsert: true }),
      call,
    )
    return set === undefined ? undefined : next.epoch
  }

  async #raise(subject: string, next: SubjectEpoch, call: StoreCall | undefined): Promise<number> {
    const changes = raised(next, this.#clock.now())
    for (;;) {
      const set = await this.#collections.runUpsert(
        ({ epochs }, options) =>
          epochs.findOneAndUpdate({ _id: subject }, changes, {
            ...options,
            upsert: true,
            returnDocument: 'after',
            includeResultMetadata: false,
          }),
        call,
      )
      // Undefined if two have made it at the same moment: then it is there now.
      if (set !== undefined) return Number(set?.line)
    }
  }

  #isOver({ expiresAt }: { readonly expiresAt: number }): boolean {
    return expiresAt <= this.#clock.now()
  }
}
