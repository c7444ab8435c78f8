import { didYouMean } from './did-you-mean.ts'
import { describeValue, SojournError } from './errors.ts'
import { type CookieAttributes, frameCookie, longestLifetimeMs, prefixProblem } from './set-cookie.ts'

// `signed`, `encode` and `overwrite` are names that express-session's types know and nobody heeds.
export const attributeNames: readonly string[] = [
  ...['domain', 'path', 'expires', 'maxAge', 'httpOnly', 'secure', 'sameSite', 'priority', 'partitioned'],
  ...['signed', 'encode', 'overwrite'],
]

/** Reports everything in a cookie's configuration that a browser would refuse, or quietly read otherwise. */
export function checkCookie(name: string, cookie: object, report: (problem: string) => void): void {
  const options: { readonly [attribute: string]: unknown } = { path: '/', httpOnly: true, ...cookie }
  const paths = attributeNames.map(each => `cookie.${each}`)
  for (const attribute of Object.keys(options)) {
    if (attributeNames.includes(attribute)) continue
    report(
      `Expected only cookie attributes that exist, got \`cookie.${attribute}\`.${didYouMean(attribute, paths)} There are: ${attributeNames.join(', ')}.`,
    )
  }
  const problems = [...flagProblems(options), spellingProblem(options), lifetimeProblem(options)]
  for (const problem of [...problems, ...pairProblems(name, options)]) {
    if (problem !== undefined) report(problem)
  }
}

function flagProblems(options: { readonly [attribute: string]: unknown }): string[] {
  const wrong = ['httpOnly', 'secure', 'partitioned'].filter(flag => !isFlag(flag, options[flag]))
  return wrong.map(flag => {
    const accepted = flag === 'secure' ? "true, false or 'auto'" : 'true or false'
    return `Expected \`cookie.${flag}\` to be ${accepted}, got ${describeValue(options[flag])}.`
  })
}

function isFlag(flag: string, value: unknown): boolean {
  return value === undefined || typeof value === 'boolean' || (flag === 'secure' && value === 'auto')
}

function spellingProblem(options: { readonly [attribute: string]: unknown }): string | undefined {
  const { secure, sameSite } = options
  const decided: CookieAttributes = {
    ...options,
    secure: secure === 'auto' || Boolean(secure),
    sameSite: sameSite === 'auto' ? 'lax' : (sameSite as CookieAttributes['sameSite']),
  }
  try {
    frameCookie(decided)
    return undefined
  } catch (error) {
    return error instanceof SojournError ? error.message : undefined
  }
}

function lifetimeProblem({ maxAge, expires }: { readonly [attribute: string]: unknown }): string | undefined {
  if (maxAge !== undefined && maxAge !== null && !isLifetime(maxAge)) {
    return `Expected \`cookie.maxAge\` to be a number of milliseconds, 0 or more, got ${describeValue(maxAge)}.`
  }
  if (expires !== undefined && expires !== null && !isDate(expires)) {
    return `Expected \`cookie.expires\` to be a valid Date, got ${describeValue(expires)}.`
  }
  if (typeof maxAge === 'number' && maxAge > longestLifetimeMs) {
    return `Expected \`cookie.maxAge\` to be at most 400 days (${longestLifetimeMs} ms), which is when browsers forget a cookie, got ${maxAge}.`
  }
  return undefined
}

function isLifetime(value: unknown): boolean {
  return isDate(value) || (typeof value === 'number' && Number.isFinite(value) && value >= 0)
}

function isDate(value: unknown): boolean {
  return value instanceof Date && !Number.isNaN(value.getTime())
}

function pairProblems(name: string, options: { readonly [attribute: string]: unknown }): string[] {
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
