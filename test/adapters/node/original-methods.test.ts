import { EventEmitter } from 'node:events'
import { ServerResponse } from 'node:http'
import { PassThrough } from 'node:stream'
import session from 'sojourn'
import { describe, expect, test } from 'vitest'
import { GatedStore } from '../../support/gated-store.ts'
import { ask } from '../../support/http-client.ts'
import { askHttp2 } from '../../support/http2-client.ts'
import { codeOf, plain, type Route, type SessionRequest, serve } from '../../support/servers.ts'

describe.each(['http', 'h2c'] as const)('a patch of a response over %s', protocol => {
  test('from before the middleware is called only after the session is stored', async () => {
    const { store, seen, patch } = patching()
    const port = await serve((request, response) => {
      patch(response)
      plain(session({ secret, store }), changing)(request, response)
    }, protocol)
    expect(await bodyOf(port, protocol)).toBe('WHOLE')
    expect(seen).toEqual([['create']])
  })

  test('from behind the middleware, before the session is read, is called before anything is stored', async () => {
    const { store, seen, patch } = patching()
    const port = await open(
      store,
      (request, response) => {
        patch(response)
        return changing(request, response)
      },
      protocol,
    )
    expect(await bodyOf(port, protocol)).toBe('WHOLE')
    expect(seen).toEqual([[]])
    expect(store.size).toBe(1)
  })

  test('from behind the middleware, after the session is read, is called before anything is stored', async () => {
    const { store, seen, patch } = patching()
    const port = await open(
      store,
      (request, response) => {
        Object.assign(request.session, { visits: 1 })
        patch(response)
        response.end('whole')
      },
      protocol,
    )
    expect(await bodyOf(port, protocol)).toBe('WHOLE')
    expect(seen).toEqual([[]])
    expect(store.size).toBe(1)
  })

  test('does not matter to a copy of a method from before the first read: the copy waits for the session', async () => {
    const store = new GatedStore()
    const port = await open(
      store,
      (request, response) => {
        const { end } = response
        Object.assign(request.session, { visits: 1 })
        Reflect.apply(end, response, ['whole'])
      },
      protocol,
    )
    expect(await bodyOf(port, protocol)).toBe('whole')
    expect(store.size).toBe(1)
  })
})

describe('a response object other than the request’s own', () => {
  test('with the same request, like a mock, is left alone', async () => {
    const store = new GatedStore()
    const port = await open(store, (request, response) => {
      request.session['visits'] = 1
      const other = new ServerResponse(request)
      other.end('of nobody')
      expect([store.calls, response.writableEnded]).toEqual([[], false])
      response.end('whole')
    })
    expect(await ask(port)).toMatchObject({ body: 'whole' })
    expect(store.calls).toEqual(['create'])
  })

  test('a plain object, as tests make one, is ended by its own method after the save', async () => {
    const store = new GatedStore()
    const response = standInResponse()
    const request = { headers: {}, url: '/', method: 'GET', session: undefined as unknown }
    const body = await new Promise<unknown>((resolve, reject) => {
      response.ended = resolve
      session({ secret, store })(request as never, response as never, error => {
        if (error !== undefined) reject(error)
        Object.assign(request.session as object, { visits: 1 })
        response.end('whole')
      })
    })
    expect([body, store.calls]).toEqual(['whole', ['create']])
  })

  // Socket.IO's response of an upgrade ends in this way.
  test('that destroys its connection when it ends does so after the save', async () => {
    const store = new GatedStore()
    const socket = new PassThrough()
    const events = new EventEmitter()
    const end = (): void => {
      events.emit('finish')
      socket.destroy()
    }
    const response = Object.assign(events, { socket, end })
    const request = { url: '/', headers: {} } as unknown as SessionRequest
    session({ secret, store })(request as never, response as never, () => {
      request.session['visits'] = 1
      response.end()
    })
    await expect.poll(() => socket.destroyed).toBe(true)
    expect(store.size).toBe(1)
  })

  // express-session ends the response that it was given, even when the application has wrapped it.
  test.each<[string, string[], object]>([
    ['nothing but `end`', ['end'], {}],
    ['no way to set a header', ['writeHead', 'write', 'end'], {}],
    ['what is no method under their names', ['end'], { write: 1, writeHead: 'x', flushHeaders: null }],
  ])(
    'a plain object with %s is ended through it, and its session is stored',
    async (_what, names, others) => {
      const store = new GatedStore()
      const called: string[] = []
      const methods = names.map(name => [name, () => called.push(name)])
      const response = Object.seal({ ...Object.fromEntries(methods), ...others })
      const request = { url: '/', headers: {} } as unknown as SessionRequest
      const errors: unknown[] = []
      session({ secret, store })(request as never, response as never, error => errors.push(error))
      await expect.poll(() => errors).toEqual([undefined])
      request.session['visits'] = 1
      for (const name of names) Reflect.apply(Reflect.get(response, name), response, [])
      await expect.poll(() => called).toEqual(names)
      expect([store.size, errors, Object.keys(others).map(name => Reflect.get(response, name))]).toEqual([
        1,
        [undefined],
        Object.values(others),
      ])
    },
  )

  test.each<[string, (response: ServerResponse) => ServerResponse]>([
    ['a proxy', response => new Proxy(response, {})],
    ['an object that inherits from it', response => Object.create(response)],
  ])('%s in its place ends like the response itself', async (_kind, wrap) => {
    const store = new GatedStore()
    const port = await open(store, (request, response) => {
      request.session['visits'] = 1
      wrap(response).end('whole')
      setTimeout(() => response.destroy(), 200)
    })
    expect(await ask(port).catch(codeOf)).toMatchObject({ body: 'whole' })
    expect(store.size).toBe(1)
  })
})

const secret = 'a secret that only these tests know'
const changing: Route = (request, response) => {
  Object.assign(request.session, { visits: 1 })
  response.end('whole')
}

function open(store: GatedStore, route: Route, protocol: 'http' | 'h2c' = 'http'): Promise<number> {
  return serve(plain(session({ secret, store }), route), protocol)
}

async function bodyOf(port: number, protocol: 'http' | 'h2c'): Promise<string> {
  return protocol === 'http' ? (await ask(port)).body : (await askHttp2(port, '/').end()).body
}

/** A patch that uppercases the body, and notes the store calls made before it was called. */
function patching() {
  const store = new GatedStore()
  const seen: unknown[] = []
  const patch = (response: ServerResponse): void => {
    const { end } = response
    response.end = function patched(this: ServerResponse, ...[chunk]: unknown[]) {
      seen.push([...store.calls])
      return Reflect.apply(end, this, [String(chunk).toUpperCase()])
    } as typeof end
  }
  return { store, seen, patch }
}

function standInResponse() {
  return {
    headersSent: false,
    statusCode: 200,
    ended: (_body: unknown): void => undefined,
    end(body: unknown) {
      this.ended(body)
      return this
    },
    write: () => true,
    writeHead() {
      return this
    },
    flushHeaders: () => undefined,
    getHeaders: () => ({}),
    getHeader: () => undefined,
    setHeader: () => undefined,
    appendHeader: () => undefined,
    hasHeader: () => false,
    removeHeader: () => undefined,
    on: () => undefined,
    once: () => undefined,
    emit: () => false,
  }
}
