import { isSwitch, type OptionCheck, oneOf } from './checked-options.ts'
import { describeValue, SojournError } from './errors.ts'
import { type CookieAttributes, frameCookie, longestLifetimeMs, prefixProblem } from './set-cookie.ts'

type Attributes = { readonly [name: string]: unknown }

// `signed`, `encode` and `overwrite` are names that express-session's types know and nobody heeds.
const attributeNames = [
  ...['domain', 'path', 'expires', 'maxAge', 'httpOnly', 'secure', 'sameSite', 'priority', 'partitioned'],
  ...['signed', 'encode', 'overwrite'],
]

/** The attributes that `frameCookie` does not check. */
const checks: { readonly [name: string]: OptionCheck } = {
  httpOnly: isSwitch,
  secure: oneOf(true, false, 'auto'),
  partitioned: isSwitch,
  maxAge: {
    expected: `a number of milliseconds from 0 to ${longestLifetimeMs}, which are the 400 days after which browsers forget a cookie`,
    accepts: isLifetime,
  },
  expires: { expected: 'a valid Date', accepts: value => value === null || isDate(value) },
}

/** Reports everything in a cookie's configuration that a browser would refuse, or quietly read otherwise. */
export function checkCookie(name: string, cookie: object, report: (problem: string) => void): void {
  const options: Attributes = { path: '/', httpOnly: true, ...cookie }
  const problems = [...nameProblems(options), ...valueProblems(options), ...spellingProblems(options)]
  for (const problem of [...problems, ...pairProblems(name, options)]) report(problem)
}

function nameProblems(options: Attributes): string[] {
  const unknown = Object.keys(options).filter(name => !attributeNames.includes(name))
  return unknown.map(
    name =>
      `Expected only cookie attributes that exist, got \`cookie.${name}\`. There are: ${attributeNames.join(', ')}.`,
  )
}

function valueProblems(options: Attributes): string[] {
  return Object.entries(checks).flatMap(([name, { expected, accepts }]) => {
    const value = options[name]
    if (value === undefined || accepts(value)) return []
    return [`Expected \`cookie.${name}\` to be ${expected}, got ${describeValue(value)}.`]
  })
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
