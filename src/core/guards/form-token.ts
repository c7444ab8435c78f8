import { reportCrossSite } from '../cross-site/refusal.ts'
import { isSafeMethod } from '../cross-site/same-origin.ts'
import { checkEach, type OptionCheck } from '../report/option-check.ts'
import { type Guard, type GuardedRequest, refusalFor, visitOf } from './guard.ts'

/** Where a request carries its form token. A header that is not empty takes precedence over the body. */
export interface FormTokenOptions {
  /** The name of the header. @default 'x-csrf-token' */
  readonly header?: string | undefined
  /** The name of the field in the parsed body. @default '_csrf' */
  readonly field?: string | undefined
}

const checks: { readonly [option in keyof Required<FormTokenOptions>]: OptionCheck } = {
  header: { expected: 'the name of a header, and not of the one that holds cookies', accepts: isTokenHeader },
  field: { expected: 'the name of a field', accepts: value => typeof value === 'string' && value !== '' },
}

/** Makes a guard that refuses unsafe requests without the form token of their session. */
export function formTokenGuard(options: FormTokenOptions = {}): Guard {
  checkEach(options, checks)
  const { header = 'x-csrf-token', field = '_csrf' } = options
  const name = header.toLowerCase()
  const tokenIn = (request: GuardedRequest): unknown => request.header(name) || fieldOf(request.body, field)
  return request => {
    if (isSafeMethod(request.method)) return undefined
    const { session } = visitOf(request)
    const isVerified = session !== undefined && request.sessions.isFormTokenOf(session, tokenIn(request))
    return isVerified ? undefined : refusalFor(reportCrossSite('token'))
  }
}

function fieldOf(body: unknown, field: string): unknown {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, field)) return undefined
  return Reflect.get(body, field)
}

function isTokenHeader(value: unknown): boolean {
  return typeof value === 'string' && /^[!#$%&'*+.^_`|~0-9a-z-]+$/i.test(value) && !/^cookie$/i.test(value)
}
