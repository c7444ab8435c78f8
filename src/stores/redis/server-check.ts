import { isError, SojournError } from '../../core/report/errors.ts'
import type { Send } from './link.ts'
import { graceMs } from './scripts.ts'

/** Half of the grace, so that the clocks of two processes may be wrong in opposite directions. */
const mostApartMs = graceMs / 2
/** The policy that removes nothing: when the memory is full, a write fails. */
const safePolicy = 'noeviction'

/**
 * Checks that a server does not remove sessions before they expire. A server that lets this user see nothing passes.
 *
 * @throws SojournError `STORE_UNUSABLE`
 */
export async function checkServer(send: Send, now: () => number): Promise<void> {
  const askedAt = now()
  const facts = factsIn(await send(['INFO']).catch(whenForbidden))
  const problem = evictionOf(facts) ?? differenceOf(facts, askedAt, now())
  if (problem === undefined) return
  throw new SojournError('STORE_UNUSABLE', `Expected a server for the redis store, but ${problem}.`)
}

/** The fields of the server's `INFO`, by name. */
type Facts = ReadonlyMap<string, string>

function factsIn(info: unknown): Facts {
  return new Map(
    Array.from(String(info).matchAll(/^(\w+):(.*?)\r?$/gm), ([, name = '', fact = '']) => [name, fact]),
  )
}

function evictionOf(facts: Facts): string | undefined {
  const policy = facts.get('maxmemory_policy') ?? safePolicy
  if (policy === safePolicy || Number(facts.get('maxmemory')) === 0) return undefined
  return `it removes sessions that have not ended when its memory is full, by its \`maxmemory-policy\` ${policy}. Set that to ${safePolicy}`
}

/** The server read its clock at some moment between the question and the answer. */
function differenceOf(facts: Facts, askedAt: number, answeredAt: number): string | undefined {
  const shown = Number(facts.get('server_time_usec')) / 1000
  const aheadMs = shown - answeredAt
  const behindMs = askedAt - shown
  // Both are NaN for a server that does not tell its time, and neither comparison holds.
  if (aheadMs > mostApartMs) return apart(aheadMs, 'ahead of')
  return behindMs > mostApartMs ? apart(behindMs, 'behind') : undefined
}

function apart(differenceMs: number, side: string): string {
  return `its clock is ${Math.round(differenceMs / 1000)} seconds ${side} this machine's. Set both by NTP`
}

function whenForbidden(error: unknown): string {
  const cause = isError(error) ? error.cause : undefined
  if (isError(cause) && cause.message.startsWith('NOPERM')) return ''
  throw error
}
