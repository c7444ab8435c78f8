import http from 'node:http'
import http2 from 'node:http2'
import { expect, test } from 'vitest'
import { ask } from '../support/http-client.ts'
import { askHttp2 } from '../support/http2-client.ts'
import { plain, serve } from '../support/servers.ts'

const prototypes = {
  IncomingMessage: http.IncomingMessage.prototype,
  OutgoingMessage: http.OutgoingMessage.prototype,
  ServerResponse: http.ServerResponse.prototype,
  Http2ServerRequest: http2.Http2ServerRequest.prototype,
  Http2ServerResponse: http2.Http2ServerResponse.prototype,
}

function described(): unknown {
  return Object.entries(prototypes).map(([name, prototype]) => [
    name,
    Reflect.ownKeys(prototype).map(key => [key, Object.getOwnPropertyDescriptor(prototype, key)]),
  ])
}

test('Node’s own prototypes are as Node made them, also after requests have had sessions', async () => {
  const before = described()
  const { default: session } = await import('sojourn')
  for (const protocol of ['http', 'h2c'] as const) {
    const port = await serve(
      plain(session({ secret: 'a secret that only these tests know' }), (request, response) => {
        request.session.visits = 1
        response.end('whole')
      }),
      protocol,
    )
    const answer = protocol === 'http' ? await ask(port) : await askHttp2(port, '/').end()
    expect(answer.cookies).toHaveLength(1)
  }
  expect(described()).toEqual(before)
})
