import type { Terms } from '../engine/terms.ts'
import { failureOf } from '../record/maybe-promise.ts'
import type { MaybePromise } from '../record/store.ts'
import type { Visit } from './visit.ts'

/** The part of a visit that `serve` uses. */
export type ServedVisit = Pick<Visit, 'open' | 'announce' | 'commit'> & { readonly terms: Terms }

/**
 * Runs a whole request, for a framework whose middleware wraps the route: loads the session, runs the route, saves its
 * changes, and then returns the route's result. `visit.setCookie` is known after that, even if this rejects.
 *
 * The changes of a route that fails are saved too, as in Express. This rejects with the route's error, or else with the
 * error of the save.
 *
 * The head of a stream leaves before its end. If `isStream` returns true, this decides the cookie and saves nothing yet: send the
 * chunks through `untilStored`.
 */
export async function serve<Answer>(
  visit: ServedVisit,
  route: () => MaybePromise<Answer>,
  isStream: (answer: Answer) => boolean = () => false,
): Promise<Answer> {
  if (!visit.terms.opensLate) await visit.open()
  const answering = (async () => route())()
  const failed = await failureOf(() => answering.then(() => undefined))
  if (failed === undefined && isStream(await answering)) visit.announce()
  else {
    const unstored = await failureOf(() => visit.commit())
    if (failed === undefined && unstored !== undefined && !visit.terms.sendsAnyway) throw unstored.error
  }
  return answering
}

/** Passes the chunks of a stream on, and ends only when the session is saved. A failed save makes the stream fail. */
export async function* untilStored<Chunk>(
  visit: Pick<Visit, 'commit'>,
  chunks: AsyncIterable<Chunk>,
): AsyncGenerator<Chunk> {
  try {
    yield* chunks
  } finally {
    await visit.commit()
  }
}
