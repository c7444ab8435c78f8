import type { NodeRequest, NodeResponse } from './messages.ts'
import { headSentError } from './refusals.ts'

/** The methods that change a head, and the verb in the error that Node throws for each. */
const changes = {
  setHeader: 'set',
  setHeaders: 'set',
  appendHeader: 'append',
  removeHeader: 'remove',
}

/**
 * Makes a response report `headersSent`, and refuse changes to its head, while `isSealed` returns true. Returns false,
 * and changes nothing, if the response has no `headersSent` or has it as an own property.
 */
export function sealHead(response: NodeResponse, request: NodeRequest, isSealed: () => boolean): boolean {
  if (typeof response.headersSent !== 'boolean' || Object.hasOwn(response, 'headersSent')) return false
  const isTold = Reflect.defineProperty(response, 'headersSent', {
    configurable: true,
    get: () => isSealed() || Reflect.get(Object.getPrototypeOf(response), 'headersSent', response),
  })
  for (const [name, change] of isTold ? Object.entries(changes) : []) {
    const original: unknown = Reflect.get(response, name)
    if (typeof original !== 'function') continue
    Reflect.set(response, name, (...args: readonly unknown[]) => {
      if (isSealed()) throw headSentError(request, change)
      return Reflect.apply(original, response, args)
    })
  }
  return isTold
}
