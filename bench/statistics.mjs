/** The median of the passes and the quartiles beside it. A difference of two noisy figures may be negative. */
export function summarise(values) {
  const sorted = values.toSorted((left, right) => left - right)
  return { median: quantile(sorted, 0.5), low: quantile(sorted, 0.25), high: quantile(sorted, 0.75) }
}

/** Interpolates between the two neighbours, so that few passes do not round the spread away. */
function quantile(sorted, part) {
  const position = (sorted.length - 1) * part
  const below = Math.floor(position)
  const next = Math.min(below + 1, sorted.length - 1)
  return sorted[below] + (sorted[next] - sorted[below]) * (position - below)
}

/** The largest cost that the stand may show where there is none: what it makes of a middleware that does nothing. */
export function resolutionOf(control) {
  return Math.max(Math.abs(control.low), Math.abs(control.high))
}

/** Says what a figure is worth: one that is smaller than its spread, or than the stand's, is only a bound. */
export function resolve(figure, resolution) {
  const floor = Math.max(figure.high - figure.low, resolution)
  if (figure.median >= floor) return { ...figure, isBound: false, value: figure.median }
  return { ...figure, isBound: true, value: Math.max(figure.high, floor) }
}

/** How many times cheaper the second is. A bound on it makes the ratio a bound: at least so many times. */
export function compare(reference, figure, goal) {
  if (reference.isBound) return { verdict: 'not resolved' }
  const times = reference.value / figure.value
  return { times, isBound: figure.isBound, verdict: judge(times, figure.isBound, goal) }
}

function judge(times, isBound, goal) {
  if (goal === undefined) return undefined
  if (times >= goal) return 'reached'
  return isBound ? 'not resolved' : 'missed'
}
