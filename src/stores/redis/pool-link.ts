import { sameCall } from '../../core/record/deadline.ts'
import { systemClock } from '../../core/time/clock.ts'
import { lookEveryMs, patienceMs } from './line.ts'
import { type Link, type Send, type SendingClient, sendTogether } from './link.ts'

/** What is used of a pool of node-redis. */
export interface SendingPool extends SendingClient {
  /** Calls with a connection that nobody else has, which may be without its server just now. */
  execute<Answer>(
    work: (connection: SendingClient) => Promise<Answer> | undefined,
  ): Promise<Answer | undefined>
}

/** Answers how to use a pool of node-redis. */
export function linkToPool(pool: SendingPool): Link {
  const send: Send = words => onceReady(pool, connection => connection.sendCommand(words))
  return {
    // A command leaves on whichever connection is free.
    keepsOrder: false,
    hasOneServer: true,
    keyPrefix: '',
    serverOf: () => '',
    // It tells of none of its connections whether it is there.
    isReady: () => pool.isOpen,
    send: (_key, words) => send(words),
    sendBoth: (_key, first, second) =>
      onceReady(pool, connection => sendTogether(connection, [first, second])),
    primaries: async () => [send],
  }
}

/**
 * Does something with a connection that is there. A pool hands out those that have lost their server as well, and they
 * would keep a command until it is back, when nobody waits for it any more. So does the queue of who waits for one.
 */
async function onceReady<Answer>(
  pool: SendingPool,
  work: (connection: SendingClient) => Promise<Answer>,
): Promise<Answer> {
  const goOn = sameCall()
  const until = systemClock.now() + patienceMs
  while (systemClock.now() < until) {
    let isSent = false
    // One that throws before it answers a promise would cost the pool the connection.
    const answer = await pool.execute(async connection => {
      if (connection.isReady !== true || systemClock.now() >= until) return undefined
      isSent = true
      return await goOn(() => work(connection))
    })
    // It was sent, so that this is what the work has answered.
    if (isSent) return answer as Answer
    await new Promise<void>(resolve => systemClock.after(lookEveryMs, resolve))
  }
  throw new Error(`No connection within ${patienceMs} ms`)
}
