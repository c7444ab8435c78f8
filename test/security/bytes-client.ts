import { connect } from 'node:net'

/**
 * Sends bytes, each a character up to U+00FF, over a connection of its own, and answers everything that
 * came back until the other side closed. A client library would refuse to send most of them.
 */
export function sendBytes(port: number, bytes: string): Promise<string> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    let received = ''
    socket.setEncoding('latin1')
    socket.on('data', text => {
      received += text
    })
    // A server that refuses a request may reset the connection; what it said before counts.
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(received))
    socket.end(bytes, 'latin1')
  })
}

/** A request without a body, after which the server closes the connection. */
export function requestBytes(line: string, ...headers: readonly string[]): string {
  return [`${line} HTTP/1.1`, 'Host: shop.test', 'Connection: close', ...headers, '', ''].join('\r\n')
}

/** The status of each answer that came. */
export function statusesOf(received: string): readonly number[] {
  return [...received.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status))
}

/** The body of an answer of known length. */
export function bodyOf(received: string): string {
  return received.slice(received.indexOf('\r\n\r\n') + 4)
}
