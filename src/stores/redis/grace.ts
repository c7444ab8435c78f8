/**
 * How much later than its end the server removes something. It is absent from its end on all the same; the span is
 * for a server whose clock is ahead of ours.
 */
export const graceMs = 60_000
