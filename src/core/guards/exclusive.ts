import { SojournError } from '../report/errors.ts'
import { checkEach, type OptionCheck } from '../report/option-check.ts'
import { type Duration, isDuration, parseDuration } from '../time/duration.ts'
import { type Guard, refusalFor, visitOf } from './guard.ts'

/** How a route has the session for itself. */
export interface ExclusiveOptions {
  /** How long a request waits for the one before it. @default '5s' */
  readonly wait?: Duration | undefined
  /** How long a request may have the session. What it stores after that is refused. @default '30s' */
  readonly lease?: Duration | undefined
  /** How many requests of this process may wait for one session. @default 20 */
  readonly queue?: number | undefined
}

const checks: { readonly [option in keyof Required<ExclusiveOptions>]: OptionCheck } = {
  wait: { expected: "a duration such as '5s' or a number of milliseconds", accepts: isDuration },
  lease: { expected: "a duration such as '30s' or a number of milliseconds above 0", accepts: isLeaseSpan },
  queue: {
    expected: 'a whole number of at least 0',
    accepts: value => Number.isSafeInteger(value) && Number(value) >= 0,
  },
}

/** Lets one request of a session at a time go on. The visit lets the next one go on when it commits. */
export function exclusiveGuard(options: ExclusiveOptions = {}): Guard {
  checkEach(options, checks)
  const { wait = '5s', lease = '30s', queue = 20 } = options
  const hold = { waitMs: parseDuration('wait', wait), leaseMs: parseDuration('lease', lease), queue }
  return request =>
    visitOf(request)
      .hold(hold)
      .then(() => undefined, refuseBusy)
}

function refuseBusy(error: unknown): ReturnType<typeof refusalFor> {
  if (error instanceof SojournError && error.code === 'LOCK_BUSY') return refusalFor(error)
  throw error
}

function isLeaseSpan(value: unknown): boolean {
  return isDuration(value) && parseDuration('lease', value) > 0
}
