const minuteMs = 60_000
const units = /** @type {const} */ ([
  ['minute', minuteMs, 60],
  ['hour', 60 * minuteMs, 24],
  ['day', 24 * 60 * minuteMs, Number.POSITIVE_INFINITY],
])

/**
 * Says how long ago something was, such as "3 minutes ago".
 *
 * @param {number} ms
 */
export function agoText(ms) {
  if (ms < minuteMs) return 'just now'
  const found = units.find(([, unitMs, most]) => ms / unitMs < most)
  if (found === undefined) return 'long ago'
  const [unit, unitMs] = found
  const count = Math.floor(ms / unitMs)
  return `${count} ${unit}${count === 1 ? '' : 's'} ago`
}
