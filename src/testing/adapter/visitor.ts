import type { AdapterBench } from './harness.ts'

/** The answer to a visitor. */
export interface Visited {
  readonly status: number
  readonly headers: Headers
  /** Each `Set-Cookie` of the session. */
  readonly cookies: readonly string[]
  /** The body, which may still be on its way. */
  readonly body: ReadableStream<Uint8Array> | null
}

/** An answer with its whole body. */
export type Page = Omit<Visited, 'body'> & { readonly body: string }

const deletion = /;\s*(?:max-age=0(?=;|$)|expires=thu, 01 jan 1970)/i

/** A browser that knows one cookie. */
export class Visitor {
  /** The `Cookie` header to send: `name=value`; undefined without a cookie. */
  cookie: string | undefined
  readonly #bench: AdapterBench
  readonly #name: string

  constructor(
    bench: AdapterBench,
    { name, cookie }: { readonly name: string; readonly cookie?: string | undefined },
  ) {
    this.#bench = bench
    this.#name = name
    this.cookie = cookie
  }

  /** Sends a request, and resolves when the head of the answer is there. */
  async ask(path: string): Promise<Visited> {
    const headers = this.cookie === undefined ? {} : { cookie: this.cookie }
    const {
      status,
      headers: answered,
      body,
    } = await this.#bench.request(path, { headers, redirect: 'manual' })
    const cookies = answered.getSetCookie().filter(line => line.startsWith(`${this.#name}=`))
    const last = cookies.at(-1)
    if (last !== undefined) this.cookie = deletion.test(last) ? undefined : last.split(';', 1)[0]
    return { status, headers: answered, cookies, body }
  }

  /** Sends a request, and resolves with the whole answer. */
  async get(path: string): Promise<Page> {
    const answer = await this.ask(path)
    return { ...answer, body: await new Response(answer.body).text() }
  }

  /** The subject and the data of the visitor's session. */
  async read(): Promise<unknown> {
    return JSON.parse((await this.get('/read')).body)
  }
}
