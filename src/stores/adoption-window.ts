import { SojournError } from '../core/report/errors.ts'
import type { OptionCheck } from '../core/report/option-check.ts'

/** Until when a store takes over sessions of other software. */
export interface AdoptionOptions<Software extends string> {
  /**
   * Takes over the sessions that this software has left: when a visitor brings an old cookie, the store finds their
   * session and moves it into a record. Needs `adoptUntil`.
   * @default no sessions are taken over
   */
  readonly adopt?: Software
  /**
   * Until when to take sessions over, as a Date, milliseconds, or text such as '2027-01-31'. Choose a time by which the
   * old ones have expired.
   */
  readonly adoptUntil?: Date | number | string
}

/** The check of the option `adoptUntil`. */
export const isInstant: OptionCheck = {
  expected: "a Date, milliseconds since 1970, or text such as '2027-01-31'",
  accepts(value) {
    const isKind = typeof value === 'string' || typeof value === 'number' || value instanceof Date
    return isKind && Number.isFinite(instantOf(value))
  },
}

/**
 * Returns until when to take sessions over; undefined to take over none. An end is required: people would forget to close
 * the window, and other software could bring ended sessions back for ever.
 *
 * @throws SojournError `OPTION_INVALID` for one of the two options alone.
 */
export function adoptionEnd({ adopt, adoptUntil }: AdoptionOptions<string>): number | undefined {
  if ((adopt === undefined) === (adoptUntil === undefined))
    return adoptUntil === undefined ? undefined : instantOf(adoptUntil)
  throw new SojournError('OPTION_INVALID', 'Expected `adopt` and `adoptUntil` together, got one of them.')
}

function instantOf(value: unknown): number {
  return typeof value === 'string' ? Date.parse(value) : Number(value)
}
