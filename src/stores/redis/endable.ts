import type { RedisClient } from './client.ts'

/** A client, and how its package ends it. */
export interface Endable {
  readonly client: RedisClient & { on(event: 'error' | 'ready', listener: (error: unknown) => void): unknown }
  isReady(): boolean
  /** What went wrong without being told by the event `error`. */
  lastError(): unknown
  /** Waits for the commands under way. */
  quit(): Promise<unknown>
  /** Waits for nothing. */
  cut(): void
}

/** The pause before another attempt, after so many. */
export function retryDelay(attempts: number): number {
  return Math.min(50 * 2 ** Math.min(attempts, 5), 1000)
}
