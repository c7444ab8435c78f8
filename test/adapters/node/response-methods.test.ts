import { ClientRequest, IncomingMessage, ServerResponse } from 'node:http'
import { Http2ServerResponse } from 'node:http2'
import { Socket } from 'node:net'
import session from 'sojourn'
import { describe, expect, test } from 'vitest'
import {
  installResponseMethods,
  methodNames,
  nativeMethods,
  nativeMethodsOf,
  ownMethods,
} from '../../../src/adapters/node/response-methods.ts'
import { GatedStore } from '../../support/gated-store.ts'
import { ask } from '../../support/http-client.ts'
import { askHttp2 } from '../../support/http2-client.ts'
import { codeOf, plain, type Route, serve } from '../../support/servers.ts'

const kinds: readonly (readonly [string, object])[] = [
  ['HTTP/1.1', ServerResponse.prototype],
  ['HTTP/2', Http2ServerResponse.prototype],
]
const clientMethods = methodsOf(ClientRequest.prototype)
/** What there was before anything of Sojourn's was called. */
const before = kinds.map(([, prototype]) => ({
  methods: methodsOf(prototype),
  listed: listedOf(prototype),
  names: methodsOf(prototype).map(({ name, length }) => [name, length]),
}))
installResponseMethods()

describe.each(kinds.map(([name, prototype], index) => [name, prototype, before[index]!] as const))(
  'the methods of a response over %s',
  (_name, prototype, native) => {
    test('there is a switch in front of each, and Node’s own is behind it', () => {
      for (const [index, method] of methodsOf(prototype).entries()) {
        expect(method).not.toBe(native.methods[index])
      }
      const natives = nativeMethods(Object.create(prototype))
      expect(methodsOf(natives!)).toEqual(native.methods)
      expect(methodsOf(nativeMethodsOf(Object.create(prototype)))).toEqual(native.methods)
    })

    test('they have the names and the lengths of Node’s, and are listed as Node’s are', () => {
      expect(methodsOf(prototype).map(({ name, length }) => [name, length])).toEqual(native.names)
      expect(listedOf(prototype).toSorted()).toEqual(native.listed.toSorted())
    })

    test('installing twice changes nothing', () => {
      const once = methodsOf(prototype)
      installResponseMethods()
      session({ secret: 'a secret that only these tests know' })
      expect(methodsOf(prototype)).toEqual(once)
      for (const [index, method] of methodsOf(prototype).entries()) expect(method).toBe(once[index])
    })

    test.each(methodNames)('a response whose `%s` somebody has replaced is nobody’s to skip', name => {
      const response = Object.create(prototype)
      response[name] = () => response
      expect(nativeMethods(response)).toBeUndefined()
      expect(methodsOf(nativeMethodsOf(response))).toEqual(native.methods)
      expect(ownMethods(response)[name]).toBe(response[name])
    })
  },
)

test('what is no response of a server is left alone', () => {
  expect(methodsOf(ClientRequest.prototype)).toEqual(clientMethods)
  for (const other of [{}, standInResponse(), new Socket()]) {
    expect(nativeMethods(other as never)).toBeUndefined()
  }
})

describe('a response without a session', () => {
  type Call = (response: ServerResponse) => unknown
  const calls: readonly (readonly [string, Call])[] = [
    ['end()', response => response.end()],
    ['end(text)', response => response.end('whole')],
    ['end(callback)', response => response.end(() => undefined)],
    ['end(number)', response => response.end(5)],
    ['end twice', response => response.end('a').end('b')],
    ['write(text)', response => response.write('part')],
    ['write()', response => response.write(undefined)],
    ['write(null)', response => response.write(null)],
    ['write(object)', response => response.write({})],
    ['writeHead(200)', response => response.writeHead(200, { 'X-Own': '1' })],
    ['writeHead(99)', response => response.writeHead(99)],
    ['writeHead twice', response => response.writeHead(200).writeHead(201)],
    ['a head with a line break', response => response.writeHead(200, { 'X-Own': 'a\r\nb' })],
    ['a head after a part', response => response.write('part') && response.writeHead(200)],
    ['flushHeaders()', response => response.flushHeaders()],
  ]
  test.each(calls)('%s answers, and throws, what Node’s own does', (_name, act) => {
    const native = bareResponse()
    for (const [index, name] of methodNames.entries()) {
      Object.defineProperty(native, name, { value: before[0]!.methods[index], writable: true })
    }
    expect(resultOf(bareResponse(), act)).toEqual(resultOf(native, act))
  })

  test('leaves by itself, over HTTP/1.1 and over HTTP/2', async () => {
    const route = (_request: unknown, response: ServerResponse): void => {
      response.writeHead(201, { 'X-Own': '1' })
      response.write('wh')
      response.end('ole')
    }
    const page = await ask(await serve(route))
    expect(page).toMatchObject({ status: 201, body: 'whole', cookies: [] })
    expect(page.headers['x-own']).toBe('1')
    const answer = await askHttp2(await serve(route, 'h2c'), '/').end()
    expect([answer.status, answer.body, answer.cookies]).toEqual([201, 'whole', []])
  })

  test('over HTTP/2 is told what Node tells', async () => {
    const told: unknown[] = []
    const port = await serve((_request, response) => {
      for (const act of [
        () => response.statusCode === 200 && Object.assign(response, { statusCode: 99 }),
        () => response.end('a') === response,
        () => response.writeHead(200),
      ]) {
        try {
          told.push(act())
        } catch (error) {
          told.push(codeOf(error))
        }
      }
    }, 'h2c')
    await askHttp2(port, '/').end()
    expect(told).toEqual(['ERR_HTTP2_STATUS_INVALID', true, 'ERR_HTTP2_HEADERS_SENT'])
  })

  test('behind the middleware, of a route that never looks, is as without it', async () => {
    const store = new GatedStore()
    const port = await open(store, (_request, response) => response.end('whole'))
    expect(await ask(port)).toMatchObject({ status: 200, body: 'whole', cookies: [] })
    expect(store.calls).toEqual([])
  })
})

describe.each(['http', 'h2c'] as const)('whoever patches a response over %s', protocol => {
  test('before the session is behind it: asked only once the session is stored', async () => {
    const { store, seen, patch } = patching()
    const port = await serve((request, response) => {
      patch(response)
      plain(session({ secret, store }), changing)(request, response)
    }, protocol)
    expect(await bodyOf(port, protocol)).toBe('WHOLE')
    expect(seen).toEqual([['create']])
  })

  test('after the middleware and before any look stays in front: asked before anything is stored', async () => {
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

  test('after a look stays in front, too', async () => {
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

  test('a method that was taken off before any look still waits for the session', async () => {
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

describe('a response that is not the request’s own', () => {
  test('with the same request, as a stand-in has it, is nobody’s', async () => {
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

  test('a plain object, as tests make one, is ended by its own method, after the save', async () => {
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

  // express-session reaches the response that it was given, however the application has wrapped it.
  test.each<[string, (response: ServerResponse) => ServerResponse]>([
    ['a proxy', response => new Proxy(response, {})],
    ['an object that inherits from it', response => Object.create(response)],
  ])('%s in its place is ended as the response itself', async (_kind, wrap) => {
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

/** A patch that shouts, and notes what the store had been asked when it was called. */
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

function bareResponse(): ServerResponse {
  const response = new ServerResponse(new IncomingMessage(new Socket()))
  response.on('error', () => undefined)
  return response
}

function resultOf(response: ServerResponse, act: (response: ServerResponse) => unknown): unknown {
  try {
    const answer = act(response)
    return answer === response ? 'the response' : answer
  } catch (error) {
    return { code: codeOf(error), message: String(error), isSent: response.headersSent }
  }
}

function methodsOf(source: object): ((...given: never) => unknown)[] {
  return methodNames.map(name => Reflect.get(source, name))
}

function listedOf(source: object): string[] {
  const listed: string[] = []
  for (const name in source) if (methodNames.some(known => known === name)) listed.push(name)
  return listed
}
