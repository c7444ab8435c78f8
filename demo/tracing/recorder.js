import { currentTrace } from './current-trace.js'

/** @typedef {import('./trace.js').StoreCall} StoreCall */

const isTrue = (/** @type {unknown} */ answer) => answer === true
const always = () => true

/**
 * What is noted, and whether an answer of the store says that it did what it was asked.
 *
 * @type {Readonly<Record<string, (answer: unknown) => boolean>>}
 */
const successes = {
  create: isTrue,
  load: answer => answer !== undefined,
  replace: answer => answer === 'replaced',
  touch: isTrue,
  delete: isTrue,
  ofSubject: always,
  epochOf: always,
  exchangeEpoch: answer => answer !== undefined,
  endBelow: always,
}

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
      return typeof name === 'string' && Object.hasOwn(successes, name) ? noted(name, method) : method
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
    return call === undefined ? method(...values) : watched(call, () => method(...values))
  }
}

/**
 * @param {StoreCall} call
 * @param {() => unknown} work
 */
function watched(call, work) {
  try {
    const answer = work()
    if (!(answer instanceof Promise)) return keep(call, answer)
    return answer.then(
      value => keep(call, value),
      error => lose(call, error),
    )
  } catch (error) {
    return lose(call, error)
  }
}

/**
 * @template Answer
 * @param {StoreCall} call
 * @param {Answer} answer
 */
function keep(call, answer) {
  call.result = successes[call.verb]?.(answer) ? 'done' : 'in vain'
  return answer
}

/**
 * @param {StoreCall} call
 * @param {unknown} error
 */
function lose(call, error) {
  call.result = 'failed'
  throw error
}
