import type { ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import { cookieNamed, idOf, portOf } from './client.ts'
import {
  countCalls,
  countViews,
  memory,
  type Route,
  sayNothing,
  sessions,
  site,
  siteOf,
  stored,
  withErrorHandler,
} from './site.ts'
import type { MemoryStore } from './subject.ts'

/** A store in memory whose `set` takes its time, by a replacement on the instance. */
function slowStore(delayMs = 30): MemoryStore {
  const store = memory()
  const { set } = store
  store.set = (id, session, callback) => {
    setTimeout(() => set.call(store, id, session, callback), delayMs)
  }
  return store
}

/** The ways to end an answer, with what arrives. */
const endings: [string, (response: ServerResponse) => void, string][] = [
  ['end with a string', response => response.end('session saved'), 'session saved'],
  ['end with a Buffer', response => response.end(Buffer.from('session saved')), 'session saved'],
  ['end with a Uint8Array', response => response.end(new Uint8Array([104, 105])), 'hi'],
  ['end with an encoding', response => response.end('c2F2ZWQ=', 'base64'), 'saved'],
  ['end with letters of several bytes', response => response.end('gespeichert: süß ✓'), 'gespeichert: süß ✓'],
  ['end with nothing', response => response.end(), ''],
  ['end with null', response => response.end(null), ''],
  ['end with undefined', response => response.end(undefined), ''],
  ['end with an empty string', response => response.end(''), ''],
  ['write, then end', response => [response.write('session '), response.end('saved')], 'session saved'],
  ['write, then end with nothing', response => [response.write('saved'), response.end()], 'saved'],
  ['write twice, then end', response => [response.write('a'), response.write('b'), response.end('c')], 'abc'],
  ['writeHead, then end', response => response.writeHead(200).end('saved'), 'saved'],
  [
    'writeHead, write, end',
    response => [response.writeHead(200), response.write('a'), response.end('b')],
    'ab',
  ],
  ['flushHeaders, then end', response => [response.flushHeaders(), response.end('saved')], 'saved'],
  ['Content-Length, then end', response => length(response, 5).end('saved'), 'saved'],
  ['Content-Length 1', response => length(response, 1).end('x'), 'x'],
  ['Content-Length 0', response => length(response, 0).end(), ''],
  ['Content-Length as a word', response => response.setHeader('content-length', '5').end('saved'), 'saved'],
  ['Content-Length of letters of several bytes', response => length(response, 5).end('süß'), 'süß'],
  [
    'Content-Length, write, end',
    response => [length(response, 4), response.write('ab'), response.end('cd')],
    'abcd',
  ],
  [
    'Content-Length by writeHead',
    response => response.writeHead(200, { 'Content-Length': 5 }).end('saved'),
    'saved',
  ],
  ['Content-Length and an encoding', response => length(response, 5).end('c2F2ZWQ=', 'base64'), 'saved'],
]

/** Answers that may be whole for the visitor before anything can hold their end back. */
const completedEarly: typeof endings = [
  ['Content-Length 0, with an empty string', response => length(response, 0).end(''), ''],
  [
    'Content-Length, write, end with nothing',
    response => [length(response, 2).write('ab'), response.end()],
    'ab',
  ],
]

function length(response: ServerResponse, bytes: number): ServerResponse {
  return response.setHeader('Content-Length', bytes)
}

describe.each(endings)('%s', (_how, end, text) => {
  test('has stored the session by the time the answer ended', async () => {
    const store = slowStore()
    const { get } = await site({ store }, ({ session }, response) => {
      session.name = 'Ada'
      end(response)
    })
    const answer = await get()
    expect([answer.status, answer.text]).toEqual([200, text])
    expect(await stored(store, idOf(answer))).toMatchObject({ name: 'Ada' })
  })

  test('serves the next request with what was stored', async () => {
    const store = slowStore(5)
    const { get } = await site({ store }, ({ session }, response) => {
      session.views = Number(session.views ?? 0) + 1
      response.setHeader('X-Views', String(session.views))
      end(response)
    })
    const first = await get()
    expect((await get('/', { cookie: first })).headers['x-views']).toBe('2')
  })
})

test.each([...endings, ...completedEarly])(
  '%s arrives as from plain Node, with the cookie',
  async (_how, end) => {
    const plain = await siteOf((_request, response) => end(response))
    const { get } = await site({}, (_request, response) => end(response))
    const [expected, answer] = [await plain.get(), await get()]
    expect([answer.status, answer.text]).toEqual([expected.status, expected.text])
    expect(cookieNamed(answer)).toBeDefined()
  },
)

describe('a store whose set answers after 200 ms', () => {
  test('has it stored when the answer ended, and the next request sees it', async () => {
    const store = slowStore(200)
    const { get } = await site({ store }, ({ session, url }, response) => {
      if (url === '/') session.user = 'Ada'
      response.end(url === '/' ? 'session saved' : String(session.user))
    })
    const first = await get()
    expect(first.text).toBe('session saved')
    expect(first.endAfterMs).toBeGreaterThanOrEqual(190)
    expect((await get('/user', { cookie: first })).text).toBe('Ada')
  })

  test('does not hold a streamed body back', async () => {
    const { get } = await site({ store: slowStore(200) }, (_request, response) => {
      response.write('at once, ')
      response.end('and later')
    })
    const answer = await get()
    expect(answer.text).toBe('at once, and later')
    expect(answer.endAfterMs - answer.headersAfterMs).toBeGreaterThan(100)
  })
})

describe('a second end', () => {
  test.each<[string, Route]>([
    ['at once', (_request, response) => [response.end('first'), response.end()]],
    ['with null', (_request, response) => [response.end('first'), response.end(null)]],
    ['a moment later', (_request, response) => [response.end('first'), setTimeout(() => response.end(), 5)]],
    [
      'many times',
      (_request, response) => [response.end('first'), response.end(), response.end(), response.end()],
    ],
  ])('%s changes nothing', async (_when, route) => {
    expect(await endedTwice(route)).toEqual([200, 'first', 1])
  })

  test.each<[string, Route]>([
    ['at once', (_request, response) => [response.end('first'), response.end('second')]],
    [
      'a moment later',
      (_request, response) => [response.end('first'), setTimeout(() => response.end('second'), 5)],
    ],
    ['many times', (_request, response) => ['first', 'second', 'third'].map(part => response.end(part))],
  ])('with data of its own %s changes nothing', async (_when, route) => {
    // Plain Node reports such an end by an 'error' of the response; express-session keeps silent.
    const listening: Route = (request, response) => {
      response.on('error', () => {})
      route(request, response)
    }
    expect(await endedTwice(listening)).toEqual([200, 'first', 1])
  })

  async function endedTwice(route: Route): Promise<unknown[]> {
    const store = slowStore(15)
    const { get, errors } = await site({ store }, route)
    const calls = countCalls(store)
    const answer = await get()
    expect(errors).toEqual([])
    return [answer.status, answer.text, calls.set]
  }

  test('after headers of its own is refused as in plain Node', async () => {
    const codes: unknown[] = []
    const tryHeader: Route = (_request, response) => {
      response.end('first')
      try {
        response.setHeader('X-Late', '1')
        codes.push('accepted')
      } catch (error) {
        codes.push(Object(error).code)
      }
    }
    const { get } = await site({ store: slowStore() }, tryHeader)
    expect((await get()).headers).not.toHaveProperty('x-late')
    expect(codes).toEqual(['ERR_HTTP_HEADERS_SENT'])
  })

  test('is not tempted by headersSent', async () => {
    const { get } = await site({ store: slowStore() }, (_request, response) => {
      response.end('found')
      if (!response.headersSent) {
        response.statusCode = 404
        response.end('not found')
      }
    })
    const answer = await get()
    expect([answer.status, answer.text]).toEqual([200, 'found'])
  })
})

describe('patches of end and write', () => {
  test('from before the middleware are called', async () => {
    const middleware = sessions()
    const { get } = await siteOf(
      withErrorHandler(
        (request, response, next) => middleware(request, shouting(response), next),
        (_request, response) => {
          response.write('hello, ')
          response.end('world')
        },
      ),
    )
    const answer = await get()
    expect(answer.text).toBe('HELLO, WORLD')
    expect(cookieNamed(answer)).toBeDefined()
  })

  test('from after the middleware are called', async () => {
    const { get } = await site({}, (_request, response) => {
      const patched = shouting(response)
      patched.write('hello, ')
      patched.end('world')
    })
    expect((await get()).text).toBe('HELLO, WORLD')
  })

  test.each([undefined, 5])(
    'that forbid a write after end are not tripped, Content-Length %s',
    async bytes => {
      const { get, errors } = await site({ store: slowStore(5) }, (_request, response) => {
        if (bytes !== undefined) length(response, bytes)
        strict(response).end('hello')
      })
      expect((await get()).text).toBe('hello')
      expect(errors).toEqual([])
    },
  )

  test('that forbid it from before the middleware leave the session stored', async () => {
    const store = slowStore(5)
    const { get } = await site({ store }, countViews)
    expect(await stored(store, idOf(await get()))).toMatchObject({ views: 1 })
  })

  test('of writeHead still see the status', async () => {
    const seen: unknown[] = []
    const { get } = await site({}, (_request, response) => {
      const { writeHead } = response
      response.writeHead = (status: number, ...rest: never[]) => {
        seen.push(status)
        return writeHead.call(response, status, ...rest)
      }
      response.statusCode = 201
      response.end('made')
    })
    expect((await get()).status).toBe(201)
    expect(seen).toEqual([201])
  })

  function shouting(response: ServerResponse): ServerResponse {
    const { write, end } = response
    response.write = (chunk: unknown) => write.call(response, loud(chunk), 'utf8')
    response.end = (chunk?: unknown) => end.call(response, chunk == null ? chunk : loud(chunk), 'utf8')
    return response
  }

  function loud(chunk: unknown): string {
    return String(chunk).toUpperCase()
  }

  function strict(response: ServerResponse): ServerResponse {
    const { write, end } = response
    let isEnded = false
    response.write = (chunk: unknown) => {
      if (isEnded) throw new Error('write after end')
      return write.call(response, chunk, 'utf8')
    }
    response.end = (chunk?: unknown) => {
      const ended = end.call(response, chunk, 'utf8')
      isEnded = true
      return ended
    }
    return response
  }
})

describe('other kinds of answers', () => {
  test('HEAD gets the cookie and no body', async () => {
    const { get } = await site({}, (_request, response) => response.end('body'))
    const answer = await get('/', { method: 'HEAD' })
    expect([answer.status, answer.text]).toEqual([200, ''])
    expect(cookieNamed(answer)).toBeDefined()
  })

  test.each([204, 304])('%i has no body', async status => {
    const { get } = await site({}, (_request, response) => {
      response.statusCode = status
      response.end()
    })
    const answer = await get()
    expect([answer.status, answer.text]).toEqual([status, ''])
  })

  test('a redirect carries the cookie, and where it leads the session is there', async () => {
    const { get } = await site({ store: slowStore() }, (request, response) => {
      if (request.url === '/there') return void response.end(String(request.session.from))
      request.session.from = 'here'
      response.writeHead(302, { Location: '/there' }).end()
    })
    const first = await get('/')
    expect([first.status, first.headers.location]).toEqual([302, '/there'])
    expect((await get('/there', { cookie: first })).text).toBe('here')
  })

  test('a posted body is read by the route', async () => {
    const { get } = await site({}, (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', chunk => chunks.push(chunk))
      request.on('end', () => response.end(Buffer.concat(chunks)))
    })
    expect((await get('/', { method: 'POST', body: 'a=1' })).text).toBe('a=1')
  })

  test('a stream that is piped arrives whole', async () => {
    const { Readable } = await import('node:stream')
    const { get } = await site({ store: slowStore() }, (_request, response) => {
      Readable.from(['one ', 'two ', 'three']).pipe(response)
    })
    const answer = await get()
    expect(answer.text).toBe('one two three')
    expect(cookieNamed(answer)).toBeDefined()
  })

  test('finish is emitted once, after the save', async () => {
    const store = slowStore()
    const seen: string[] = []
    const { get } = await site({ store }, (_request, response) => {
      response.on('finish', () => seen.push('finish'))
      response.end('done')
    })
    const { set } = store
    store.set = (id, session, callback) =>
      set(id, session, error => {
        seen.push('saved')
        callback?.(error)
      })
    await get()
    expect(seen).toEqual(['saved', 'finish'])
  })

  test('changes made after the headers went out are stored as well', async () => {
    const store = memory()
    const { get } = await site({ store }, ({ session }, response) => {
      response.write('early ')
      session.late = true
      response.end('end')
    })
    expect(await stored(store, idOf(await get()))).toMatchObject({ late: true })
  })

  test('two requests on one connection each get their own', async () => {
    const { server } = await site({ store: slowStore(5) }, countViews)
    const text = await pipelined(portOf(server))
    expect(text.match(/HTTP\/1\.1 200/g)).toHaveLength(2)
    expect(new Set(text.match(/connect\.sid=[^;]+/g)).size).toBe(2)
  })

  function pipelined(port: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = []
      const socket = connect(port, '127.0.0.1')
      socket.on('data', chunk => chunks.push(chunk)).on('error', reject)
      socket.on('end', () => resolve(Buffer.concat(chunks).toString()))
      socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    })
  }
})

test('a visitor whose session is not kept waits for no store', async () => {
  const store = memory()
  const { get } = await site({ store, saveUninitialized: false }, sayNothing)
  store.set = () => {}
  store.touch = () => {}
  expect((await get()).status).toBe(200)
})
