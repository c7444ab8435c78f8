const format = new Intl.NumberFormat('en-IE', { style: 'currency', currency: 'EUR' })

/** @param {number} cents */
export function money(cents) {
  return format.format(cents / 100)
}
