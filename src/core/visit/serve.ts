import type { Terms } from '../engine/terms.ts'
import { failureOf } from '../record/maybe-promise.ts'
import type { MaybePromise } from '../record/store.ts'
import type { Visit } from './visit.ts'

/** What `serve` calls of a visit. */
export type ServedVisit = Pick<Visit, 'open' | 'announce' | 'commit'> & { readonly terms: Terms }

/**
 * A whole request, for a framework whose middleware stands around the route: loads the session, runs the route, stores
 * what it has changed, and only then answers. `visit.setCookie` is known after that, also where this rejects.
 *
 * A route that fails has its changes stored as well, as in Express. The caller is told of the route's error, and else of
 * what went wrong with storing.
 *
 * The head of a stream leaves before its end. Where `isStream` says so, the cookie is decided and nothing is stored yet:
 * send the chunks through `untilStored`.
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
    const mayBeSent = visit.terms.onCommitFailure === 'send'
    if (failed === undefined && unstored !== undefined && !mayBeSent) throw unstored.error
  }
  return answering
}

/** Sends the chunks of a stream, and holds its end back until the session is stored. It fails where that fails. */
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
