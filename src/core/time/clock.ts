/** The one source of time. Hand in another to replay a run, or to let an hour pass in a test at once. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Calls back once after a span, without keeping the process alive. Answers what cancels it. */
  after(spanMs: number, callback: () => void): () => void
}

/** Node ends a longer timer at once. */
const longestTimerMs = 2 ** 31 - 1

/** The time of this machine. */
export const systemClock: Clock = {
  // Looked up at each call, so that tests may replace it.
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
