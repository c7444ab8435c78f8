import type { Socket } from 'node:net'
import type { NodeResponse } from './messages.ts'

/**
 * Keeps a connection open for an answer that waits for its save. Express's last error handler destroys the connection
 * when a route fails after its answer. Without a session that answer has left by then, and here it leaves first, too.
 *
 * Answers what lets the connection go, to be called before the answer leaves. An error, or a visitor who has gone away,
 * destroys it at once.
 */
export function keepConnection(response: NodeResponse): () => void {
  const { socket } = response
  if (typeof socket?.destroy !== 'function') return () => undefined
  const own = Object.getOwnPropertyDescriptor(socket, 'destroy')
  const { destroy } = socket
  let isDue = false
  const postpone: Socket['destroy'] = error => {
    isDue = true
    return error || !socket.readable ? Reflect.apply(destroy, socket, [error]) : socket
  }
  // A socket that refuses properties, as a mock may have, goes without.
  if (!Reflect.set(socket, 'destroy', postpone)) return () => undefined
  return () => {
    if (own === undefined) Reflect.deleteProperty(socket, 'destroy')
    else Object.defineProperty(socket, 'destroy', own)
    if (isDue) destroyAfter(response, socket)
  }
}

function destroyAfter(response: NodeResponse, socket: Socket): void {
  if (response.destroyed) socket.destroy()
  else response.once?.('finish', () => socket.destroy())
}
