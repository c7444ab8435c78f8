import { goods } from './goods.js'

/** @typedef {Readonly<Record<string, number>>} Cart how many of which good */
/** @typedef {{ good: import('./goods.js').Good, quantity: number }} CartLine */

export const mostOfOne = 12

/**
 * Answers a cart with so many of a good more, as far as there may be so many.
 *
 * @param {Cart | undefined} cart
 * @param {string} id
 * @param {number} quantity
 * @returns {Cart}
 */
export function withMore(cart = {}, id, quantity) {
  return withExactly(cart, id, Math.min(mostOfOne, (cart[id] ?? 0) + quantity))
}

/**
 * Answers a cart with exactly so many of a good, which is without it for 0.
 *
 * @param {Cart | undefined} cart
 * @param {string} id
 * @param {number} quantity
 * @returns {Cart}
 */
export function withExactly(cart = {}, id, quantity) {
  const { [id]: _before, ...others } = cart
  return quantity === 0 ? others : { ...others, [id]: quantity }
}

/**
 * The lines of a cart in the order of the shelf. What is no longer sold is left out.
 *
 * @param {Cart | undefined} cart
 * @returns {CartLine[]}
 */
export function linesOf(cart = {}) {
  return goods.flatMap(good => {
    const quantity = cart[good.id]
    return quantity === undefined ? [] : [{ good, quantity }]
  })
}

/** @param {Cart | undefined} cart */
export function countOf(cart) {
  return linesOf(cart).reduce((sum, { quantity }) => sum + quantity, 0)
}

/**
 * Reads how many somebody wants, as a form says it. Answers undefined for what is no such number.
 *
 * @param {unknown} text
 */
export function parseQuantity(text) {
  const quantity = typeof text === 'string' && /^\d{1,2}$/.test(text) ? Number(text) : undefined
  return quantity !== undefined && quantity <= mostOfOne ? quantity : undefined
}
