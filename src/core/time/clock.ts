/** The source of time. A test can pass its own, for example to skip an hour. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Calls `callback` once after a span, without keeping the process alive. Returns a function that cancels it. */
  after(spanMs: number, callback: () => void): () => void
}

/** Node fires a longer timer at once. */
const longestTimerMs = 2 ** 31 - 1

/** The clock of this machine. */
export const systemClock: Clock = {
  // `Date.now` is looked up at each call, because tests may replace it.
  now: () => Date.now(),
  after(spanMs, callback) {
    if (spanMs > longestTimerMs) return afterAll(spanMs, callback)
    const timer = setTimeout(callback, spanMs).unref()
    return () => clearTimeout(timer)
  },
}

function afterAll(spanMs: number, callback: () => void): () => void {
  let cancel = systemClock.after(longestTimerMs, () => {
    cancel = systemClock.after(spanMs - longestTimerMs, callback)
  })
  return () => cancel()
}
