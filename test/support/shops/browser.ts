import http from 'node:http'
import { type Answer, ask } from '../http-client.ts'
import { deadlineMs, type Said } from './shop.ts'

/** Far longer than a call of the store may take: whatever has not answered by then hangs. */
const patienceMs = deadlineMs + 7000
const storeFailures: readonly string[] = ['sorry: STORE_FAILED', 'sorry: STORE_TIMED_OUT']

/** Tells which promise was broken, and how. */
export type Accuse = (promise: string) => void

/** What one customer asks with: a cookie, and connections that stay. It accuses whoever answers what must not be. */
export class Browser {
  cookie: string
  readonly #ports: readonly number[]
  readonly #accuse: Accuse
  readonly #agent = new http.Agent({ keepAlive: true })

  constructor(ports: readonly number[], accuse: Accuse, cookie = '') {
    this.#ports = ports
    this.#accuse = accuse
    this.cookie = cookie
  }

  /** Answers what one of the processes said; undefined when it said that the store has failed. */
  async ask(process: number, path: string): Promise<Said | undefined> {
    const answer = await this.#answer(process, path)
    if (answer === undefined) return undefined
    // A store that works again by the end of the request has stored a sign-in, or a sign-out, that failed before.
    this.#receive(answer, path)
    if (answer.status === 503) return this.#checkFailure(answer)
    if (answer.status === 409 && answer.body === 'sorry: SESSION_GONE') return {}
    if (answer.status !== 200)
      this.#accuse(`every answer is 200 or a 503 of the store: got ${answer.status}, ${answer.body}`)
    return answer.status === 200 ? JSON.parse(answer.body) : undefined
  }

  close(): void {
    this.#agent.destroy()
  }

  async #answer(process: number, path: string): Promise<Answer | undefined> {
    const headers: Record<string, string> = this.cookie === '' ? {} : { cookie: this.cookie }
    const question = { headers, agent: this.#agent, patienceMs }
    try {
      return await ask(this.#ports[process] ?? 0, path, question)
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error))
      if (/Abort|Timeout/.test(name)) this.#accuse(`no request hangs: ${path.split('?', 1)} does`)
      else this.#accuse(`every request is answered: ${message}`)
      return undefined
    }
  }

  #checkFailure({ body }: Answer): undefined {
    if (!storeFailures.includes(body)) this.#accuse(`a 503 has a code of the store: got ${body}`)
  }

  #receive({ status, cookie, cookies }: Answer, path: string): void {
    const isLeaving = path === '/out'
    const isCleared = cookies.some(line => /Expires=Thu, 01 Jan 1970|Max-Age=0/i.test(line))
    if (isCleared && !isLeaving)
      this.#accuse(`P6, no cookie is cleared but by a sign-out: a ${status} clears one`)
    if (cookie === '' || isCleared) return
    if (this.cookie !== '' && cookie !== this.cookie)
      this.#accuse(`an id never changes: another cookie came with a ${status}`)
    this.cookie = cookie
  }
}
