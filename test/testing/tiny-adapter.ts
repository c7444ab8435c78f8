import { createSessions, type Session } from 'sojourn'
import type { AdapterAnswer, AdapterBench, AdapterSite } from 'sojourn/testing'

/** The dealings of one request, with as much of `Visit` as an adapter needs. */
export interface TinyVisit {
  readonly session: Session | undefined
  readonly setCookie: string | undefined
  open(): unknown
  announce(): string | undefined
  commit(): unknown
}

/** An adapter for handlers of `fetch`, which needs no server. A test replaces its methods one by one. */
export class TinyAdapter implements AdapterBench {
  readonly site: AdapterSite

  constructor(site: AdapterSite) {
    this.site = site
  }

  visit(cookieHeader: string | undefined): TinyVisit {
    return createSessions(this.site.options).visit({ cookieHeader, isSecure: true, request: undefined })
  }

  async request(path: string, { headers }: { readonly headers: Record<string, string> }): Promise<Response> {
    const visit = this.visit(headers['cookie'])
    try {
      await this.open(visit)
      const answer = await this.run(path, visit)
      return typeof answer.body === 'string' ? await this.whole(visit, answer) : this.stream(visit, answer)
    } catch {
      return this.fail(visit)
    }
  }

  async open(visit: TinyVisit): Promise<void> {
    if (this.site.options.store.traits?.readsAtOnce !== true) await visit.open()
  }

  async run(path: string, visit: TinyVisit): Promise<AdapterAnswer> {
    const request = {
      get session() {
        return visit.session
      },
    }
    return this.site.routes[path]!(request)
  }

  async whole(visit: TinyVisit, { status, headers, body }: AdapterAnswer): Promise<Response> {
    await visit.commit()
    return new Response(String(body), { status, headers: this.head(headers, visit.setCookie) })
  }

  stream(visit: TinyVisit, { status, headers, body }: AdapterAnswer): Response {
    const head = this.head(headers, visit.announce())
    return new Response(this.chunks(visit, body as AsyncIterable<string>), { status, headers: head })
  }

  async *chunks(visit: TinyVisit, body: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) yield Buffer.from(chunk)
    await this.end(visit)
  }

  async end(visit: TinyVisit): Promise<void> {
    await visit.commit()
  }

  async fail(visit: TinyVisit): Promise<Response> {
    // One that has failed fails again, and what the visitor is told stays the same.
    await Promise.allSettled([this.end(visit)])
    return new Response('sorry', { status: 500, headers: this.head({}, visit.setCookie) })
  }

  head(given: AdapterAnswer['headers'], setCookie: string | undefined): Headers {
    const headers = new Headers(given)
    if (setCookie === undefined) return headers
    headers.append('set-cookie', setCookie)
    if (!headers.has('cache-control')) headers.set('cache-control', 'no-store')
    return headers
  }
}
