/** A browser, as far as one cookie and its name for itself go. */
export class Visitor {
  cookie = ''
  readonly #origin: string
  readonly #userAgent: string

  constructor(origin: string, userAgent = firefox) {
    this.#origin = origin
    this.#userAgent = userAgent
  }

  /** The page that a path leads to in the end. */
  async get(path: string): Promise<string> {
    const response = await this.send(path)
    const location = response.headers.get('location')
    return location === null ? await response.text() : await this.get(location)
  }

  /** Posts a form as its page would, with the token that stands in the page. */
  async post(path: string, fields: Record<string, string> = {}): Promise<Response> {
    return await this.send(path, { method: 'POST', body: new URLSearchParams(fields) })
  }

  /** Posts a form, and answers the page to which that leads. */
  async postAndFollow(path: string, fields: Record<string, string> = {}): Promise<string> {
    const response = await this.post(path, fields)
    const location = response.headers.get('location')
    return location === null ? await response.text() : await this.get(location)
  }

  async status(): Promise<Record<string, unknown>> {
    const response = await this.send('/status')
    return (await response.json()) as Record<string, unknown>
  }

  async send(path: string, options: RequestInit = {}): Promise<Response> {
    const headers = { cookie: this.cookie, 'user-agent': this.#userAgent, ...options.headers }
    const response = await fetch(this.#origin + path, { ...options, headers, redirect: 'manual' })
    for (const line of response.headers.getSetCookie()) this.cookie = line.split(';', 1).join('')
    return response
  }

  /** What a page says of its own request, once that is over. */
  async accountOf(page: string): Promise<string> {
    const source = /data-source="([^"]+)"/.exec(page)?.[1] ?? '/nowhere'
    return await (await this.send(source)).text()
  }
}

/** The token that a page's forms bring along. */
export function tokenIn(page: string): string {
  return /name="_csrf" value="([^"]+)"/.exec(page)?.[1] ?? ''
}

/** The sessions that a page offers to end. */
export function handlesIn(page: string): readonly string[] {
  return [...page.matchAll(/name="handle" value="([^"]+)"/g)].map(match => match[1] ?? '')
}

export const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0'
export const iphone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1'
