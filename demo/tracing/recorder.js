import { currentTrace } from './current-trace.js'

/** @typedef {import('./trace.js').StoreCall} StoreCall */

const verbs = new Set(['create', 'load', 'replace', 'touch', 'delete', 'ofSubject', 'epochOf', 'raiseEpoch'])

/**
 * Puts a listener before a store. It passes every call on as it is, and notes those that a request makes, with
 * what the store has answered.
 *
 * @template {object} Store
 * @param {Store} store
 * @returns {Store}
 */
export function recording(store) {
  return new Proxy(store, {
    get(target, name) {
      const value = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      const method = value.bind(target)
      return typeof name === 'string' && verbs.has(name) ? noted(name, method) : method
    },
  })
}

/**
 * @param {string} verb
 * @param {(...values: unknown[]) => unknown} method
 */
function noted(verb, method) {
  return (/** @type {unknown[]} */ ...values) => {
    const call = currentTrace()?.noteCall(verb)
    const answer = method(...values)
    if (call === undefined) return answer
    return answer instanceof Promise ? answer.then(value => keep(call, value)) : keep(call, answer)
  }
}

/**
 * @template Answer
 * @param {StoreCall} call
 * @param {Answer} answer
 */
function keep(call, answer) {
  call.hasCounted = answer === true || answer === 'replaced'
  return answer
}
