import { describeValue, SojournError } from '../../core/report/errors.ts'
import { type Clock, systemClock } from '../../core/time/clock.ts'

export interface MemoryStoreOptions {
  /**
   * The most records that the store holds.
   * @default 100_000
   */
  readonly maxRecords?: number | undefined
  /**
   * The most bytes that its records may take: for each record the length of its texts and data, and 512 bytes of
   * overhead.
   * @default 100 MiB
   */
  readonly maxBytes?: number | undefined
  /**
   * The source of time.
   * @default systemClock
   */
  readonly clock?: Clock | undefined
}

type Settled = { readonly [name in keyof MemoryStoreOptions]-?: NonNullable<MemoryStoreOptions[name]> }

/** How much a memory store holds, including expired records that it has not removed yet. */
export interface MemoryUsage {
  readonly records: number
  readonly bytes: number
}

/** Fills in the defaults, and refuses invalid options. */
export function checkedOptions(options: MemoryStoreOptions): Settled {
  const { maxRecords = 100_000, maxBytes = 100 * 1024 ** 2, clock = systemClock, ...rest } = options
  refuseUnknown(rest)
  return {
    maxRecords: positiveInteger('maxRecords', maxRecords),
    maxBytes: positiveInteger('maxBytes', maxBytes),
    clock: checkedClock(clock),
  }
}

function positiveInteger(option: string, value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value
  throw invalid(option, 'a whole number of at least 1', value)
}

function checkedClock(clock: Clock): Clock {
  if (typeof clock?.now === 'function' && typeof clock.after === 'function') return clock
  throw invalid('clock', 'an object with the methods `now` and `after`', clock)
}

function refuseUnknown(rest: object): void {
  const [name] = Object.keys(rest)
  if (name === undefined) return
  throw new SojournError(
    'OPTION_INVALID',
    `Expected the options of the memory store to be \`maxRecords\`, \`maxBytes\` and \`clock\`, got \`${name}\`.`,
  )
}

function invalid(option: string, expected: string, value: unknown): SojournError {
  return new SojournError(
    'OPTION_INVALID',
    `Expected \`${option}\` to be ${expected}, got ${describeValue(value)}.`,
  )
}
