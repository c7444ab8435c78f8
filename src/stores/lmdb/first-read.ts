import { Strangeness } from './unusable.ts'

/**
 * Makes the first read of a file. With it the engine locks the process id in the lock file, and cannot if another
 * process has the same id: one in another container, because no two on one machine have the same. The engine then
 * blocks the process for ten seconds and ends it from a timer afterwards. Its first wait is the last moment at which that
 * can be refused, and nothing but `Atomics.wait` is called there. Nothing else runs while it is replaced.
 *
 * @throws Strangeness
 */
export function firstRead<Answer>(read: () => Answer): Answer {
  const { wait } = Atomics
  Atomics.wait = refuse
  try {
    return read()
  } finally {
    Atomics.wait = wait
  }
}

function refuse(): never {
  throw new Strangeness(
    `another process has it open that has the process id ${process.pid} too, as in two containers with one volume. ` +
      'Stop the other first, let both containers have one process namespace, or use the store for Redis',
  )
}
