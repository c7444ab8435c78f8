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
  /**
   * What keeps the connection for the next question.
   * @default each question has a connection of its own
   */
  readonly agent?: http.Agent
  /** Gives up, and rejects, when nothing has come for so long. */
  readonly patienceMs?: number
}

/** Asks once, and answers with the whole answer. */
export function ask(port: number, path = '/', question: Question = {}): Promise<Answer> {
  const { method = 'GET', headers = {}, isSecure = false, agent = false, patienceMs } = question
  const common = { host: '127.0.0.1', port, path, method, headers, agent, rejectUnauthorized: false }
  const options = patienceMs === undefined ? common : { ...common, signal: AbortSignal.timeout(patienceMs) }
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
