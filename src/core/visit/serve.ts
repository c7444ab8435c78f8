import type { MaybePromise } from '../record/store.ts'
import type { Visit } from './visit.ts'

/**
 * Runs a whole request, for a framework whose middleware wraps the route: loads the session, runs the route, saves its
 * changes, and then returns the route's result. `visit.setCookie` is known after that, even if this rejects.
 *
 * The changes of a route that fails are saved too, as in Express. This rejects with the route's error, or else with the
 * error of the save.
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
