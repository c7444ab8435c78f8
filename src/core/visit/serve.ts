import type { MaybePromise } from '../record/store.ts'
import type { Visit } from './visit.ts'

/**
 * A whole request, for a framework whose middleware stands around the route: loads the session, runs the route, stores
 * what it has changed, and only then answers. `visit.setCookie` is known after that, also where this rejects.
 *
 * A route that fails has its changes stored as well, as in Express. The caller is told of the route's error, and else of
 * what went wrong with storing.
 */
export async function serve<Answer>(
  visit: Pick<Visit, 'open' | 'commit'>,
  route: () => MaybePromise<Answer>,
): Promise<Answer> {
  await visit.open()
  const [outcome] = await Promise.allSettled([inAsync(route)])
  const [stored] = await Promise.allSettled([inAsync(() => visit.commit())])
  if (outcome.status === 'rejected') throw outcome.reason
  if (stored.status === 'rejected') throw stored.reason
  return outcome.value
}

async function inAsync<Result>(work: () => MaybePromise<Result>): Promise<Result> {
  return work()
}
