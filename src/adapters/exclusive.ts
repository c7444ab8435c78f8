import { checkEach, type OptionCheck } from '../core/report/option-check.ts'
import { type Duration, isDuration, parseDuration } from '../core/time/duration.ts'
import { exchangeOf } from './node/exchange.ts'
import type { Middleware } from './node/messages.ts'

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

/**
 * Lets one request of a session at a time run a route: for code that reads a value, thinks, and writes it back. The
 * next one sees what this one has stored. New code has no need of it: `session.update` does the same for one value.
 *
 * A request that waits too long, or behind too many, is refused with `LOCK_BUSY` and the status 429; one that has had
 * the session for longer than its lease is refused with `LOCK_LOST` when it stores.
 *
 * @throws SojournError `OPTION_INVALID` for a wrong option.
 * @example app.post('/order', exclusive({ wait: '5s', lease: '30s' }), order)
 */
export function exclusive(options: ExclusiveOptions = {}): Middleware {
  checkEach(options, checks)
  const { wait = '5s', lease = '30s', queue = 20 } = options
  const hold = { waitMs: parseDuration('wait', wait), leaseMs: parseDuration('lease', lease), queue }
  return (request, _response, next) => {
    // It is let go when the response has been answered, and not when the connection breaks off: the route may still be at work.
    const visit = exchangeOf(request, 'exclusive').settled()
    visit.hold(hold).then(
      () => process.nextTick(next),
      error => process.nextTick(next, error),
    )
  }
}

function isLeaseSpan(value: unknown): boolean {
  return isDuration(value) && parseDuration('lease', value) > 0
}
