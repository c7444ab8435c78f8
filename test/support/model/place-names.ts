/** The stores that stories are played on: `memory-later` is the memory store as one over a network. */
export const placeNames = ['memory', 'memory-later', 'lmdb', 'redis', 'redis-cluster'] as const

export type PlaceName = (typeof placeNames)[number]
