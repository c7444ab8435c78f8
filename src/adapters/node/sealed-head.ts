import type { NodeRequest, NodeResponse } from './messages.ts'
import { headSentError } from './refusals.ts'

/** The methods that change a head, and what Node calls the change when it refuses it. */
const changes = {
  setHeader: 'set',
  setHeaders: 'set',
  appendHeader: 'append',
  removeHeader: 'remove',
}

/**
 * Makes a response say that its head has left, and refuse changes of it, whenever `isSealed` says so. Answers false,
 * and changes nothing, for a response that keeps `headersSent` as a value of its own, or does not have it.
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
