import { SojournError } from '../report/errors.ts'
import { units } from '../time/duration.ts'
import type { Engine } from './engine.ts'

/** Describes the effective configuration for an auditor, one line per topic. */
export function describePolicy(engine: Engine): string {
  const { policy } = engine
  const lines: readonly (readonly [name: string, value: string])[] = [
    ['cookie', describeCookie(engine)],
    ['idle timeout', describeIdle(engine)],
    ['absolute timeout', Number.isFinite(policy.absoluteMs) ? span(policy.absoluteMs) : 'none'],
    ['new id', policy.rotateEveryMs === undefined ? 'on sign-in' : describeRotation(engine)],
    ['sessions per subject', describeLimit(engine)],
    ['passive requests', policy.tellsPassive ? 'by the option' : 'only where the route says so'],
    ['keys', describeKeys(engine)],
    ['data in the store', describeSeal(engine)],
    ['changes after the end', policy.onGone === 'drop' ? 'dropped' : 'an error response'],
    ['store', describeStore(engine)],
  ]
  const width = Math.max(...lines.map(([name]) => name.length))
  return lines.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n')
}

function describeCookie({ cookies }: Engine): string {
  try {
    const sample = cookies.write('', { isSecure: true, request: undefined }, cookies.commonMaxAge ?? null)
    // The replacement is a function, because a name may contain `$`.
    return sample.replace(/; Expires=[^;]*/, '').replace(`${cookies.name}=`, () => cookies.name)
  } catch (error) {
    if (error instanceof SojournError) throw error
    return `${cookies.name}, with attributes that depend on the request`
  }
}

function describeIdle({ policy, timeouts, cookies, keepsSessions }: Engine): string {
  if (keepsSessions) return "decided by the store, by the cookie's maxAge"
  const maxAge = cookies.commonMaxAge ?? null
  const every = span(timeouts.touchEveryMs(maxAge))
  const source = policy.idleMs === undefined && maxAge !== null ? ", by the cookie's maxAge" : ''
  return `${span(timeouts.idleMs(maxAge))}${source}, activity recorded every ${every}, so never earlier and at most ${every} later`
}

function describeKeys({ keys }: Engine): string {
  if (keys === undefined) return 'the secret that each request brings'
  const told = keys.describe().map(({ id, state, notAfter }) => {
    const until = notAfter === undefined ? '' : ` until ${new Date(notAfter).toISOString()}`
    return `${id} ${state}${until}`
  })
  return told.join(', ')
}

function describeSeal({ policy, keepsSessions }: Engine): string {
  if (policy.seal === false)
    return keepsSessions ? 'as other software writes it' : `${policy.codec.name}, not sealed`
  return `${policy.codec.name}, sealed for ${policy.seal === 'server' ? 'the server' : 'the visitor and the server together'}`
}

function describeRotation({ policy }: Engine): string {
  const ends = policy.onReplay === 'end' ? ', whose use after that ends the session' : ''
  return `on sign-in and every ${span(policy.rotateEveryMs ?? 0)}, with ${span(policy.graceMs)} of grace for the old one${ends}`
}

function describeLimit({ policy }: Engine): string {
  if (policy.mostPerSubject === undefined) return 'any number'
  const atLimit = policy.atLimit === 'refuse' ? 'the next sign-in is refused' : 'the earliest sign-in ends'
  return `${policy.mostPerSubject}, then ${atLimit}`
}

function describeStore({ store, policy, keepsSessions }: Engine): string {
  const hashed = keepsSessions ? 'keyed by the id itself' : 'keyed by a hash of the id'
  return `${store.name}, ${hashed}, answers within ${span(policy.deadline.spanMs)} or fails`
}

/** Writes a span in the largest unit that it is a whole number of. */
function span(ms: number): string {
  const fits = [...units].filter(([unit, unitMs]) => unit !== 'w' && ms >= unitMs && ms % unitMs === 0)
  const [unit, unitMs] = fits.at(-1) ?? ['ms', 1]
  return `${ms / unitMs}${unit}`
}
