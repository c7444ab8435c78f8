import { describeValue, SojournError } from '../report/errors.ts'
import { checkEach, isSwitch, type OptionCheck, oneOf } from '../report/option-check.ts'
import { type CookieAttributes, frameCookie, longestLifetimeMs, prefixProblem } from './set-cookie.ts'

type Attributes = { readonly [name: string]: unknown }

const anything: OptionCheck = { expected: 'anything', accepts: () => true }
/** `frameCookie` checks four more. `signed`, `encode` and `overwrite` are express-session's and have no effect. */
const checks: { readonly [name: string]: OptionCheck } = {
  domain: anything,
  path: anything,
  expires: { expected: 'a valid Date', accepts: value => value === null || isDate(value) },
  maxAge: {
    expected: `a number of milliseconds from 0 to ${longestLifetimeMs}, which are the 400 days after which browsers forget a cookie`,
    accepts: isLifetime,
  },
  httpOnly: isSwitch,
  secure: oneOf(true, false, 'auto'),
  sameSite: anything,
  priority: anything,
  partitioned: isSwitch,
  signed: anything,
  encode: anything,
  overwrite: anything,
}

/** The names of all attributes of a cookie. */
export const attributeNames: readonly string[] = Object.keys(checks)

/** Reports everything in a cookie's configuration that a browser would refuse, or silently interpret differently. */
export function checkCookie(name: string, cookie: object, report: (problem: string) => void): void {
  checkEach(shown({ ...cookie }), shown(checks), (_attribute, problem) => report(problem))
  const options: Attributes = { path: '/', httpOnly: true, ...cookie }
  for (const problem of [...spellingProblems(options), ...pairProblems(name, options)]) report(problem)
}

/** Renames the attributes as messages show them. */
function shown<Value>(attributes: { readonly [name: string]: Value }): { readonly [name: string]: Value } {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`cookie.${name}`, value]))
}

function spellingProblems(options: Attributes): string[] {
  const { secure, sameSite } = options
  const decided: CookieAttributes = {
    ...options,
    secure: secure === 'auto' || Boolean(secure),
    sameSite: sameSite === 'auto' ? 'lax' : (sameSite as CookieAttributes['sameSite']),
  }
  try {
    frameCookie(decided)
    return []
  } catch (error) {
    return error instanceof SojournError ? [error.message] : []
  }
}

function isLifetime(value: unknown): boolean {
  return (
    value === null || isDate(value) || (typeof value === 'number' && value >= 0 && value <= longestLifetimeMs)
  )
}

function isDate(value: unknown): boolean {
  return value instanceof Date && !Number.isNaN(value.getTime())
}

function pairProblems(name: string, options: Attributes): string[] {
  const { secure, sameSite, partitioned } = options
  const isNone = typeof sameSite === 'string' && sameSite.toLowerCase() === 'none'
  const demanding = [isNone && "sameSite: 'none'", partitioned && 'partitioned'].filter(Boolean)
  const problems = (secure ? [] : demanding).map(
    attribute =>
      `Expected \`cookie.secure\` with \`${attribute}\`, because browsers drop the cookie otherwise, got ${describeValue(secure)}.`,
  )
  const demanded = prefixProblem(name, { ...options, secure: secure === true })
  if (demanded !== undefined)
    problems.push(`Expected \`cookie\` to have ${demanded}, got the name ${name} without it.`)
  return problems
}
