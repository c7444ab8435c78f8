import { createSessions, type RecordStore } from 'sojourn'
import type { AdapterAnswer } from 'sojourn/testing'
import type { TinyAdapter, TinyVisit } from './tiny-adapter.ts'

/** What an adapter does wrong, in the place of what it does right. */
export type WrongAdapter = (honest: TinyAdapter) => Partial<TinyAdapter>

const sendsBeforeTheSave: WrongAdapter = honest => ({
  async whole(visit, { status, headers, body }) {
    const committing = Promise.resolve(visit.commit())
    committing.catch(() => undefined)
    return new Response(String(body), { status, headers: honest.head(headers, visit.setCookie) })
  },
})

const overwritesWhatIsStored: WrongAdapter = honest => ({
  visit: cookieHeader => visitOn(honest, { store: forcing(honest.site.options.store) }, cookieHeader),
})

const savesEveryVisitor: WrongAdapter = honest => ({
  async run(path, visit) {
    await visit.session?.save()
    return honest.run(path, visit)
  },
})

const sendsACookieAlways: WrongAdapter = honest => ({
  head: (headers, setCookie) => honest.head(headers, setCookie ?? 'contract.sid=s%3Aold.old; Path=/'),
})

/** For each clause of the contract, adapters that break it. */
export const wrongAdapters: { readonly [clause: string]: readonly WrongAdapter[] } = {
  'no part of a response is sent before its session is stored': [sendsBeforeTheSave],
  'the request after a redirect finds the session that the redirect stored': [sendsBeforeTheSave],
  'a failed first save becomes an error response, without a cookie and without the headers of the original': [
    honest => ({
      whole: (visit, answer) =>
        honest.whole(visit, answer).catch(() => errorWith(honest, { etag: '"first"' }, undefined)),
    }),
    honest => ({
      whole: (visit, answer) =>
        honest.whole(visit, answer).catch(() => errorWith(honest, {}, 'contract.sid=s%3Anew.new; Path=/')),
    }),
  ],
  'a failed later save becomes an error response, and the session stays as it was': [forgivesTheSave],
  'a failed load becomes an error response, and the visitor stays signed in': [
    honest => ({
      fail: async () => errorWith(honest, {}, 'contract.sid=; Path=/; Max-Age=0; Expires=now'),
    }),
  ],
  'a change that a route makes before it throws is stored, and the error response carries the cookie': [
    () => ({ fail: async () => new Response('sorry', { status: 500 }) }),
    honest => ({
      async fail(visit) {
        await visit.commit()
        return errorWith(honest, {}, undefined)
      },
    }),
  ],
  'a route that throws before it has changed anything leaves no session and no cookie': [
    honest => ({
      fail(visit) {
        Object.assign(visit.session ?? {}, { hasFailed: true })
        return honest.fail(visit)
      },
    }),
  ],
  'a stream sends the cookie with its first byte, and its end waits for the save': [
    () => ({ end: async visit => void visit.commit() }),
    honest => ({
      head: (headers, setCookie) => honest.head(headers, headers['content-type'] ? setCookie : undefined),
    }),
  ],
  'a change that a stream makes before its end is stored when it ends': [
    () => ({ end: async () => undefined }),
  ],
  'a stream whose save fails is cut off': [
    honest => ({ end: visit => honest.end(visit).catch(() => undefined) }),
  ],
  'a stranger who stores nothing gets no cookie and causes no store call': [
    savesEveryVisitor,
    honest => ({
      head(headers, setCookie) {
        const head = honest.head(headers, setCookie)
        head.set('cache-control', 'no-store')
        return head
      },
    }),
  ],
  'a route that never uses the session writes nothing and sends no cookie': [
    savesEveryVisitor,
    sendsACookieAlways,
  ],
  'a request that only reads the session does not send the cookie again': [
    honest => ({ visit: cookieHeader => visitOn(honest, { rolling: true }, cookieHeader) }),
  ],
  'the session cookie is sent beside the cookies of the application': [
    honest => ({
      head(headers, setCookie) {
        const head = honest.head(headers, undefined)
        if (setCookie !== undefined) head.set('set-cookie', setCookie)
        return head
      },
    }),
  ],
  'a response with the cookie is kept out of caches, unless the application says otherwise': [
    honest => ({
      head(headers, setCookie) {
        const head = honest.head(headers, setCookie)
        head.set('cache-control', 'no-store')
        return head
      },
    }),
    honest => ({
      head(headers, setCookie) {
        const head = honest.head(headers, setCookie)
        if (headers['cache-control'] === undefined) head.delete('cache-control')
        return head
      },
    }),
  ],
  'a response carries one session cookie, that of the last session': [
    honest => ({
      head(headers, setCookie) {
        const head = honest.head(headers, setCookie)
        if (setCookie !== undefined) head.append('set-cookie', setCookie)
        return head
      },
    }),
    honest => ({
      async run(path, visit) {
        const { session } = visit
        return honest.site.routes[path]!({ session })
      },
    }),
  ],
  'a sign-in changes the id, and the old one opens no session': [
    honest => ({
      request(path, init) {
        if (init.headers['cookie'] === undefined) return honest.request(path, init)
        return Object.assign(copyOf(honest), { head: headersAlone }).request(path, init)
      },
    }),
  ],
  'a logout ends the session and deletes the cookie': [
    honest => ({
      head: (headers, setCookie) =>
        honest.head(headers, setCookie?.includes('Max-Age=0') ? undefined : setCookie),
    }),
  ],
  'a request that began before a logout does not bring the session back': [sendsACookieAlways],
  'concurrent requests that change different keys both count': [overwritesWhatIsStored],
  'concurrent updates of a counter all count': [overwritesWhatIsStored],
  'a visitor with a malformed, huge or binary cookie is a stranger and causes no store call': [
    honest => ({
      async request(path, init) {
        const isLong = (init.headers['cookie']?.length ?? 0) > 4096
        return isLong ? new Response('sorry', { status: 431 }) : honest.request(path, init)
      },
    }),
    honest => ({
      async request(path, init) {
        try {
          decodeURIComponent(init.headers['cookie'] ?? '')
          return await honest.request(path, init)
        } catch {
          return new Response('sorry', { status: 500 })
        }
      },
    }),
    honest => ({
      async open(visit) {
        await visit.open()
        await honest.site.options.store.load('unknown')
      },
    }),
  ],
  'a tampered cookie opens no session': [
    honest => {
      let known: string | undefined
      return {
        visit: cookieHeader => honest.visit(cookieHeader && known),
        head(headers, setCookie) {
          known ??= setCookie?.split(';', 1)[0]
          return honest.head(headers, setCookie)
        },
      }
    },
  ],
}

function forgivesTheSave(honest: TinyAdapter): Partial<TinyAdapter> {
  return {
    whole: (visit, answer) =>
      honest.whole(visit, answer).catch(() => new Response('fine', { status: answer.status })),
  }
}

function errorWith(
  honest: TinyAdapter,
  headers: AdapterAnswer['headers'],
  setCookie: string | undefined,
): Response {
  return new Response('sorry', { status: 500, headers: honest.head(headers, setCookie) })
}

function headersAlone(headers: AdapterAnswer['headers']): Headers {
  return new Headers(headers)
}

function copyOf(honest: TinyAdapter): TinyAdapter {
  return Object.create(honest)
}

function visitOn(
  { site }: TinyAdapter,
  others: { readonly store?: RecordStore; readonly rolling?: boolean },
  cookieHeader: string | undefined,
): TinyVisit {
  const sessions = createSessions({ ...site.options, ...others })
  return sessions.visit({ cookieHeader, isSecure: true, request: undefined })
}

/** A store that replaces whatever is there. */
function forcing(store: RecordStore): RecordStore {
  return new Proxy(store, {
    get(target, name) {
      const found: unknown = Reflect.get(target, name)
      if (name === 'replace') return (...args: Parameters<RecordStore['replace']>) => force(target, args[0])
      return typeof found === 'function' ? found.bind(target) : found
    },
  })
}

async function force(store: RecordStore, record: Parameters<RecordStore['replace']>[0]): Promise<'replaced'> {
  const found = await store.load(record.key)
  await store.replace({ ...record, version: (found?.version ?? 0) + 1 }, found?.version ?? 0)
  return 'replaced'
}
