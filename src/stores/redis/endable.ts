import type { RedisClient } from './client.ts'

/** A client, and its package's ways to close it. */
export interface Endable {
  readonly client: RedisClient & { on(event: 'error' | 'ready', listener: (error: unknown) => void): unknown }
  isReady(): boolean
  /** The last error that the client did not emit as an `error` event. */
  lastError(): unknown
  /** Closes the client when the commands under way are done. */
  quit(): Promise<unknown>
  /** Closes the client at once. */
  cut(): void
}

/** The pause before the next attempt to connect, after this many. */
export function retryDelay(attempts: number): number {
  return Math.min(50 * 2 ** Math.min(attempts, 5), 1000)
}
