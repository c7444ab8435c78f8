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
  for (const [name, change] of Object.entries(changes)) {
    const original: unknown = Reflect.get(response, name)
    if (typeof original !== 'function') continue
    Reflect.set(response, name, (...args: readonly unknown[]) => {
      if (isSealed()) throw headSentError(request, change)
      return Reflect.apply(original, response, args)
    })
  }
  Object.defineProperty(response, 'headersSent', {
    configurable: true,
    get: () => isSealed() || Reflect.get(Object.getPrototypeOf(response), 'headersSent', response),
  })
  return true
}

/**
 * Lets software behind the session force a head that is kept back. What looks for Node's own mark of a head that has
 * left, as compression 1.7 and express-session do, does not find it, and calls `_implicitHeader`. `release` lets the
 * kept head leave, and answers false where there is none.
 */
export function releaseWhenForced(response: NodeResponse, release: () => boolean): void {
  const original: unknown = Reflect.get(response, '_implicitHeader')
  if (typeof original !== 'function') return
  Reflect.set(response, '_implicitHeader', () => release() || Reflect.apply(original, response, []))
}
