import { SojournError } from '../report/errors.ts'
import { checkEach, type OptionCheck } from '../report/option-check.ts'
import { type Duration, isDuration, parseDuration } from '../time/duration.ts'
import { type Guard, refusalFor, visitOf } from './guard.ts'

/** The options of `exclusive`. */
export interface ExclusiveOptions {
  /** How long a request waits for its turn. @default '5s' */
  readonly wait?: Duration | undefined
  /** How long a request may hold the session. After that, its saves fail. @default '30s' */
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

/** Makes a guard that lets one request of a session pass at a time. The commit of its visit lets the next one pass. */
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
