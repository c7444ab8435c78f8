import http, { type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import https from 'node:https'

export interface Answer {
  readonly status: number
  readonly reason: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** Each line of `Set-Cookie`. */
  readonly cookies: readonly string[]
  /** What the browser would send back. */
  readonly cookie: string
  readonly trailers: NodeJS.Dict<string>
}

export interface Question {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly isSecure?: boolean
}

/** Asks once, on a connection of its own, and answers with the whole answer. */
export function ask(port: number, path = '/', question: Question = {}): Promise<Answer> {
  const { method = 'GET', headers = {}, isSecure = false } = question
  const options = { host: '127.0.0.1', port, path, method, headers, agent: false, rejectUnauthorized: false }
  return new Promise((resolve, reject) => {
    const request = (isSecure ? https : http).request(options, response => {
      collect(response).then(resolve, reject)
    })
    request.on('error', reject)
    request.end()
  })
}

async function collect(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  const cookies = response.headers['set-cookie'] ?? []
  return {
    status: response.statusCode ?? 0,
    reason: response.statusMessage ?? '',
    headers: response.headers,
    body: Buffer.concat(chunks).toString('latin1'),
    cookies,
    cookie: cookies.map(line => line.split(';', 1)[0]).join('; '),
    trailers: response.trailers,
  }
}
