import { connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** How long a test looks on to show that nothing arrives. */
const quietMs = 30

/** One connection, with what came over it as it came: what a browser's socket sees, byte by byte. */
export class RawClient {
  readonly #socket: Socket
  #received = ''
  #isClosed = false
  #waiting: (() => void)[] = []

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1')
    this.#socket.on('data', bytes => {
      this.#received += bytes.toString('latin1')
      this.#wake()
    })
    this.#socket.on('error', () => undefined)
    this.#socket.on('close', () => {
      this.#isClosed = true
      this.#wake()
    })
    onTestFinished(() => void this.#socket.destroy())
  }

  get received(): string {
    return this.#received
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Sends requests, each without a body. */
  send(...requests: readonly string[]): this {
    this.#socket.write(requests.join(''))
    return this
  }

  /** Goes away without a word, as a visitor does who closes the page. */
  abort(): void {
    this.#socket.destroy()
  }

  /** Resolves with everything so far once it matches. Rejects when the connection closes before. */
  async receives(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.#received)) {
      if (this.#isClosed) throw new Error(`The connection closed before ${pattern} after: ${this.#received}`)
      await new Promise<void>(resolve => this.#waiting.push(resolve))
    }
    return this.#received
  }

  /** Resolves with everything once the other side has closed the connection. */
  async closes(): Promise<string> {
    while (!this.#isClosed) await new Promise<void>(resolve => this.#waiting.push(resolve))
    return this.#received
  }

  /** Looks on for a moment, and answers what has come so far. */
  async afterAMoment(): Promise<string> {
    await new Promise(resolve => setTimeout(resolve, quietMs))
    return this.#received
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}

/** A request as it goes over the wire. */
export function get(path: string, ...headers: readonly string[]): string {
  return requestOf('GET', path, headers)
}

export function head(path: string, ...headers: readonly string[]): string {
  return requestOf('HEAD', path, headers)
}

function requestOf(method: string, path: string, headers: readonly string[]): string {
  return [`${method} ${path} HTTP/1.1`, 'Host: localhost', ...headers, '', ''].join('\r\n')
}

/** The values of one header in an answer as it came, one for each line of that name. */
export function linesOf(answer: string, name: string): readonly string[] {
  const [top = ''] = answer.split('\r\n\r\n', 1)
  return top.split('\r\n').flatMap(line => {
    const at = line.indexOf(':')
    return line.slice(0, at).toLowerCase() === name.toLowerCase() ? [line.slice(at + 1).trim()] : []
  })
}

/** The answer without its first line and headers. */
export function bodyOf(answer: string): string {
  return answer.slice(answer.indexOf('\r\n\r\n') + 4)
}
