import { systemClock } from '../../core/time/clock.ts'
import { unlessOver } from '../unless-over.ts'
import { type Command, type Link, linkToOne, type SendingClient, sendTogether } from './link.ts'
import { patienceMs, untilNextLook } from './patience.ts'

/** The part of a node-redis pool that the store uses. */
export interface SendingPool extends SendingClient {
  /** Calls `work` with a connection that no other call has. The connection may have lost its server. */
  execute<Answer>(
    work: (connection: SendingClient) => Promise<Answer> | undefined,
  ): Promise<Answer | undefined>
}

/** Answers a link for a node-redis pool. */
export function linkToPool(pool: SendingPool): Link {
  return linkToOne({
    // The pool does not tell whether its connections are connected.
    isReady: () => pool.isOpen,
    send: ({ words, call }) => onceReady(pool, call, connection => connection.sendCommand(words)),
    sendBoth: ({ words, call }, second) =>
      onceReady(pool, call, connection => sendTogether(connection, words, second)),
  })
}

/**
 * Runs `work` with a connection that is connected. A pool also hands out connections that have lost their server, and
 * such a connection keeps a command until the server is back, when its caller has given up. So does the pool's own
 * queue of calls that wait for a connection.
 */
async function onceReady<Answer>(
  pool: SendingPool,
  call: Command['call'],
  work: (connection: SendingClient) => Promise<Answer>,
): Promise<Answer> {
  const until = systemClock.now() + patienceMs
  while (systemClock.now() < until) {
    let isSent = false
    // The function is async because one that throws synchronously would cost the pool the connection.
    const executing = pool.execute(async connection => {
      if (connection.isReady !== true || systemClock.now() >= until) return undefined
      call?.throwIfOver()
      isSent = true
      return await work(connection)
    })
    const answer = await unlessOver(call, executing)
    // The command was sent, so this is the answer of `work`.
    if (isSent) return answer as Answer
    await untilNextLook()
  }
  throw new Error(`No connection within ${patienceMs} ms`)
}
