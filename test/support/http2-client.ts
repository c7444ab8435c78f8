import http2, {
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
  type OutgoingHttpHeaders,
} from 'node:http2'
import { onTestFinished } from 'vitest'
import { Gate } from './gate.ts'

/** One answer over HTTP/2 while it arrives. */
export class Http2Answer {
  readonly stream: ClientHttp2Stream
  headers: (IncomingHttpHeaders & IncomingHttpStatusHeader) | undefined
  body = ''
  isEnded = false
  readonly #head = new Gate()
  readonly #end = new Gate()
  readonly #close = new Gate()
  #resetCode: number | undefined

  constructor(stream: ClientHttp2Stream) {
    this.stream = stream
    stream.setEncoding('utf8')
    stream.on('response', headers => {
      this.headers = headers
      this.#head.open()
    })
    stream.on('data', text => {
      this.body += text
    })
    stream.on('end', () => {
      this.isEnded = true
      this.#end.open()
    })
    stream.on('error', () => undefined)
    stream.on('close', () => {
      this.#resetCode = stream.rstCode
      this.#close.open()
    })
  }

  async head(): Promise<this> {
    await this.#head.passed
    return this
  }

  async end(): Promise<this> {
    await this.#end.passed
    return this
  }

  /** Resolves with the code with which the stream was closed: 0 when nothing was wrong. */
  async closed(): Promise<number | undefined> {
    await this.#close.passed
    return this.#resetCode
  }

  get status(): number | undefined {
    return this.headers?.[':status']
  }

  get cookies(): readonly string[] {
    return this.headers?.['set-cookie'] ?? []
  }
}

export interface Http2Question {
  readonly isSecure?: boolean
  readonly headers?: OutgoingHttpHeaders
}

/** Asks over HTTP/2, each time on a connection of its own unless told which. */
export function askHttp2(
  port: number,
  path: string,
  { isSecure = false, headers = {} }: Http2Question = {},
): Http2Answer {
  const origin = `${isSecure ? 'https' : 'http'}://127.0.0.1:${port}`
  const session = http2.connect(origin, { rejectUnauthorized: false })
  session.on('error', () => undefined)
  onTestFinished(() => session.destroy())
  return new Http2Answer(session.request({ ':path': path, ...headers }))
}
