import { type OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { Http2ServerResponse } from 'node:http2'
import { Writable } from 'node:stream'
import { isHttp2, type NodeRequest, type NodeResponse } from './messages.ts'

/**
 * A response of Node's own that leads nowhere. Brought to the stage at which another one is to look, it says
 * what Node says there, with Node's own errors, whichever Node that is.
 */
export function standInFor(request: NodeRequest): NodeResponse {
  if (!isHttp2(request)) return new ServerResponse(request)
  // Those of HTTP/2 are made to be taken for those of HTTP/1, and use no more of a stream than is here.
  return new Http2ServerResponse(new SilentStream() as never) as never
}

/** What a response over HTTP/2 writes to. */
class SilentStream extends Writable {
  headersSent = false
  #isRefused = false

  /** A head that Node would refuse only on a stream of its own has not been sent. */
  respond(headers: OutgoingHttpHeaders): void {
    const status = Number(headers[':status'])
    this.headersSent = !this.#isRefused && status >= 200 && status <= 599
  }

  override _write(_chunk: unknown, _encoding: BufferEncoding, done: () => void): void {
    done()
  }

  // The response's own stream goes on: what is refused here costs nobody the answer that is to leave.
  override destroy(): this {
    this.#isRefused = true
    return this
  }
}
