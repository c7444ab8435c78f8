/**
 * How long after its expiry the server removes a key, for a server whose clock is ahead of ours. Once it has expired,
 * the store treats it as absent all the same.
 */
export const graceMs = 60_000
