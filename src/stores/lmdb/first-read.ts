import { Strangeness } from './unusable.ts'

/**
 * Makes the first read of a file, at which the engine locks the process id in the lock file. It cannot if another process
 * has the same id, which happens only in another container. The engine then blocks the process for ten seconds and
 * later ends it from a timer. Its first wait is the last moment at which the store can refuse, and the only call there is
 * `Atomics.wait`, so this replaces that function. Nothing else runs meanwhile.
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
    `another process with the same process id ${process.pid} has it open, as in two containers with one volume. ` +
      'Stop the other first, let both containers have one process namespace, or use the store for Redis',
  )
}
