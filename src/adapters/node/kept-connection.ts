import type { Socket } from 'node:net'
import type { NodeResponse } from './messages.ts'

/**
 * Keeps a connection open for a response that waits for its save. Express's last error handler destroys the socket
 * when a route fails after `end`. Without this library the response has left by then; with it, the response leaves first.
 *
 * Returns a function that ends this, to be called before the response leaves. `destroy` with an error, or after the
 * visitor has disconnected, works at once.
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
  // A socket that refuses properties, such as a mock, stays as it is.
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
