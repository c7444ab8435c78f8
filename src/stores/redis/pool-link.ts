import { sameCall } from '../../core/record/deadline.ts'
import { systemClock } from '../../core/time/clock.ts'
import { lookEveryMs, patienceMs } from './line.ts'
import { type Link, type Send, type SendingClient, sendTogether } from './link.ts'

/** The part of a node-redis pool that the store uses. */
export interface SendingPool extends SendingClient {
  /** Calls `work` with a connection that no other call has. The connection may have lost its server. */
  execute<Answer>(
    work: (connection: SendingClient) => Promise<Answer> | undefined,
  ): Promise<Answer | undefined>
}

/** Answers a link for a node-redis pool. */
export function linkToPool(pool: SendingPool): Link {
  const send: Send = words => onceReady(pool, connection => connection.sendCommand(words))
  return {
    // A command leaves on any connection that is free.
    keepsOrder: false,
    hasOneServer: true,
    keyPrefix: '',
    serverOf: () => '',
    // The pool does not tell whether its connections are connected.
    isReady: () => pool.isOpen,
    send: (_key, words) => send(words),
    sendBoth: (_key, first, second) =>
      onceReady(pool, connection => sendTogether(connection, [first, second])),
    primaries: async () => [send],
  }
}

/**
 * Runs `work` with a connection that is connected. A pool also hands out connections that have lost their server, and
 * such a connection keeps a command until the server is back, when its caller has given up. So does the pool's own
 * queue of calls that wait for a connection.
 */
async function onceReady<Answer>(
  pool: SendingPool,
  work: (connection: SendingClient) => Promise<Answer>,
): Promise<Answer> {
  const goOn = sameCall()
  const until = systemClock.now() + patienceMs
  while (systemClock.now() < until) {
    let isSent = false
    // The function is async because one that throws synchronously would cost the pool the connection.
    const answer = await pool.execute(async connection => {
      if (connection.isReady !== true || systemClock.now() >= until) return undefined
      isSent = true
      return await goOn(() => work(connection))
    })
    // The command was sent, so this is the answer of `work`.
    if (isSent) return answer as Answer
    await new Promise<void>(resolve => systemClock.after(lookEveryMs, resolve))
  }
  throw new Error(`No connection within ${patienceMs} ms`)
}
