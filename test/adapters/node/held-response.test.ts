import { once } from 'node:events'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import session, { type SessionOptions, SojournError } from 'sojourn'
import { describe, expect, test } from 'vitest'
import { ScriptedStore } from '../../stores/scripted-store.ts'
import { Gate } from '../../support/gate.ts'
import { GatedStore } from '../../support/gated-store.ts'
import { ask } from '../../support/http-client.ts'
import { bodyOf, get, head, linesOf, RawClient } from '../../support/raw-client.ts'
import { codeOf, type Errors, plain, type Route, serve } from '../../support/servers.ts'

const secret = 'held'

describe('a response that ends in one piece', () => {
  const endings: { readonly [form: string]: Route } = {
    'with nothing': (_request, response) => response.end(),
    'with text': (_request, response) => response.end('whole'),
    'with text and an encoding': (_request, response) => response.end('d2hvbGU=', 'base64'),
    'with bytes': (_request, response) => response.end(Buffer.from('whole')),
    'with an array of bytes': (_request, response) => response.end(new TextEncoder().encode('whole')),
    'with null': (_request, response) => response.end(null),
    'with an empty text': (_request, response) => response.end(''),
    'with zero, which Node takes for nothing': (_request, response) => response.end(0),
    'with false, which Node takes for nothing': (_request, response) => response.end(false),
    'after its length was set': (_request, response) => response.setHeader('Content-Length', 5).end('whole'),
    'after its head was written': (_request, response) => response.writeHead(200).end('whole'),
    'after its head was written with a length': (_request, response) =>
      response.writeHead(200, { 'Content-Length': 5 }).end('whole'),
    'as a redirect': (_request, response) => response.writeHead(302, { Location: '/home' }).end(),
    'as not modified': (_request, response) => response.writeHead(304).end(),
    'as empty': (_request, response) => {
      response.statusCode = 204
      response.end()
    },
  }
  for (const [form, end] of Object.entries(endings)) {
    test(`no part of it leaves before the save, when it is ended ${form}`, async () => {
      const { store, client } = await open(changing(end))
      const gate = store.hold('create')
      client.send(get('/', 'Connection: close'))
      await store.called('create')
      expect(await client.afterAMoment()).toBe('')
      gate.open()
      const bare = await bareAnswer(end)
      const held = await client.closes()
      expect(held.split('\r\n')[0]).toBe(bare.split('\r\n')[0])
      expect(bodyOf(held)).toBe(bodyOf(bare))
      expect(linesOf(held, 'Set-Cookie')).toHaveLength(1)
      expect(withoutOurs(held)).toEqual(withoutOurs(bare))
    })
  }

  test('no part of it leaves before a changed session is replaced', async () => {
    const { store, port, client } = await open(changing((_request, response) => response.end('whole')))
    const { cookie } = await ask(port)
    const gate = store.hold('replace')
    client.send(get('/', `Cookie: ${cookie}`))
    await store.called('replace')
    expect(await client.afterAMoment()).toBe('')
    gate.open()
    await client.receives(/whole/)
    expect(store.only).toContain('2')
  })

  test('no part of it leaves before a callback store has called back', async () => {
    const store = new ScriptedStore()
    store.hold('set')
    const { client } = await openWith(
      store,
      changing((_request, response) => response.end('whole')),
    )
    client.send(get('/'))
    const call = await store.called('set')
    expect(await client.afterAMoment()).toBe('')
    call.answer()
    expect(await client.receives(/whole/)).toContain('connect.sid=')
  })

  test('no part of it leaves before an explicit save that the route does not await', async () => {
    const store = new ScriptedStore()
    store.hold('set')
    const { client } = await openWith(store, (request, response) => {
      request.session.visits = 1
      void request.session.save()
      response.end('whole')
    })
    client.send(get('/'))
    const call = await store.called('set')
    expect(await client.afterAMoment()).toBe('')
    call.answer()
    await client.receives(/whole/)
  })

  test('no part of it leaves before a removal that the route does not await', async () => {
    const store = new GatedStore()
    const { port, client } = await openWith(store, (request, response) => {
      if (request.url === '/out') void request.session.destroy()
      else request.session.visits = 1
      response.end('whole')
    })
    const { cookie } = await ask(port)
    const gate = store.hold('delete')
    client.send(get('/out', `Cookie: ${cookie}`))
    await store.called('delete')
    expect(await client.afterAMoment()).toBe('')
    gate.open()
    await client.receives(/whole/)
    expect(store.size).toBe(0)
  })

  test('an answer to HEAD leaves after the save, with its headers and no body', async () => {
    const { store, client } = await open(
      changing((_request, response) => response.setHeader('Content-Length', 5).end('whole')),
    )
    const gate = store.hold('create')
    client.send(head('/', 'Connection: close'))
    await store.called('create')
    expect(await client.afterAMoment()).toBe('')
    gate.open()
    const answer = await client.closes()
    expect(linesOf(answer, 'Content-Length')).toEqual(['5'])
    expect(linesOf(answer, 'Set-Cookie')).toHaveLength(1)
    expect(bodyOf(answer)).toBe('')
  })

  test('`end` answers the response, as Node does', async () => {
    const answered: unknown[] = []
    const { port } = await open(changing((_request, response) => answered.push(response.end() === response)))
    await ask(port)
    expect(answered).toEqual([true])
  })

  const callbacks: { readonly [form: string]: (done: () => void) => readonly unknown[] } = {
    alone: done => [done],
    'after text': done => ['whole', done],
    'after text and an encoding': done => ['whole', 'utf8', done],
    'after nothing and nothing': done => [undefined, undefined, done],
  }
  for (const [form, argumentsOf] of Object.entries(callbacks)) {
    test(`its callback, passed ${form}, is called once and after the save`, async () => {
      const calls: unknown[][] = []
      const done = new Gate()
      const { store, client } = await open(
        changing((_request, response) => {
          const callback = (...args: unknown[]): void => {
            calls.push(args)
            done.open()
          }
          Reflect.apply(response.end, response, [...argumentsOf(callback)])
        }),
      )
      const gate = store.hold('create')
      client.send(get('/', 'Connection: close'))
      await store.called('create')
      await client.afterAMoment()
      expect(calls).toEqual([])
      gate.open()
      await done.passed
      await client.closes()
      expect(calls).toHaveLength(1)
    })
  }

  test('an `end` that Node refuses does not end it', async () => {
    const { port } = await open(
      changing((_request, response) => {
        expect(() => response.end(42)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }))
        expect(response.writableEnded).toBe(false)
        response.end('whole')
      }),
    )
    const answer = await ask(port)
    expect(answer.body).toBe('whole')
    expect(answer.cookies).toHaveLength(1)
  })

  test('early hints and other informational responses leave at once', async () => {
    const { store, client } = await open(
      changing((_request, response) => {
        response.writeContinue()
        response.writeEarlyHints({ link: '</a.css>; rel=preload' })
        response.writeProcessing()
        response.end('whole')
      }),
    )
    const gate = store.hold('create')
    client.send(get('/', 'Connection: close'))
    const early = await client.receives(/102 Processing/)
    expect(early).toContain('HTTP/1.1 100 Continue')
    expect(early).toContain('HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload')
    expect(early).not.toContain('200 OK')
    expect(early.toLowerCase()).not.toContain('set-cookie')
    gate.open()
    expect(await client.closes()).toMatch(/HTTP\/1.1 200 OK[\s\S]*Set-Cookie: connect.sid=[\s\S]*whole$/)
  })
})

describe('a response that cannot be written as the application asked', () => {
  for (const kind of ['a store that answers later', 'the memory store']) {
    test(`it becomes an error response, with ${kind}`, async () => {
      const { port, errors } = await openWith(
        kind === 'the memory store' ? undefined : new GatedStore(),
        (request, response) => {
          request.session.visits = 1
          response.statusCode = 9999
          response.end('never')
        },
      )
      const answer = await ask(port)
      expect(answer.status).toBe(500)
      expect(answer.body).toBe('sorry: ERR_HTTP_INVALID_STATUS_CODE')
      expect(errors.map(codeOf)).toEqual(['ERR_HTTP_INVALID_STATUS_CODE'])
    })
  }
})

describe('a response that streams', () => {
  test('each part leaves at once, and only the end waits for the save', async () => {
    const next = new Gate()
    const { store, client } = await open(
      changing(async (_request, response) => {
        response.write('one,')
        await next.passed
        response.write('two,')
        response.end('three')
      }),
    )
    const gate = store.hold('create')
    client.send(get('/', 'Connection: close'))
    const first = await client.receives(/one,/)
    expect(linesOf(first, 'Set-Cookie')).toHaveLength(1)
    expect(store.calls).toEqual([])
    next.open()
    expect(await client.receives(/two,/)).not.toContain('three')
    await store.called('create')
    expect(await client.afterAMoment()).not.toContain('three')
    gate.open()
    expect(bodyOf(await client.closes())).toBe('4\r\none,\r\n4\r\ntwo,\r\n5\r\nthree\r\n0\r\n\r\n')
  })

  test('flushed headers leave at once, with the cookie', async () => {
    const { store, client } = await open(
      changing((_request, response) => {
        response.setHeader('x-own', '1')
        response.flushHeaders()
        response.end('whole')
      }),
    )
    const gate = store.hold('create')
    client.send(get('/'))
    const answer = await client.receives(/\r\n\r\n/)
    expect(linesOf(answer, 'Set-Cookie')).toHaveLength(1)
    expect(linesOf(answer, 'Cache-Control')).toEqual(['no-store'])
    await store.called('create')
    expect(await client.afterAMoment()).not.toContain('whole')
    gate.open()
    await client.receives(/whole/)
  })

  test.each([
    ['204', 'GET', 204, {}],
    ['304', 'GET', 304, {}],
    ['an empty body', 'GET', 200, { 'Content-Length': '0' }],
    ['HEAD', 'HEAD', 200, {}],
  ] as const)(
    'a flushed head that is the whole answer (%s) waits for the save',
    async (_kind, method, status, headers) => {
      const seen: unknown[] = []
      const { store, client } = await open(
        changing((_request, response) => {
          response.statusCode = status
          for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
          response.flushHeaders()
          seen.push(response.headersSent)
          response.end()
        }),
      )
      const gate = store.hold('create')
      client.send(get('/').replace('GET', method))
      await store.called('create')
      expect([await client.afterAMoment(), seen]).toEqual(['', [true]])
      gate.open()
      const answer = await client.receives(/\r\n\r\n/)
      expect([answer, linesOf(answer, 'Set-Cookie').length]).toEqual([
        expect.stringContaining(`HTTP/1.1 ${status}`),
        1,
      ])
    },
  )

  test('server-sent events are not held back', async () => {
    const later = new Gate()
    const { client } = await open(
      changing(async (_request, response) => {
        response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' })
        response.flushHeaders()
        await later.passed
        response.write('data: 1\n\n')
      }),
    )
    client.send(get('/'))
    const answer = await client.receives(/\r\n\r\n/)
    expect(linesOf(answer, 'Set-Cookie')).toHaveLength(1)
    expect(linesOf(answer, 'Cache-Control')).toEqual(['no-cache'])
    later.open()
    await client.receives(/data: 1\n\n/)
  })

  test('a length that the application set is kept, and the last part waits for the save', async () => {
    const { store, client } = await open(
      changing((_request, response) => {
        response.setHeader('Content-Length', 10)
        response.write('first')
        response.end('-last')
      }),
    )
    const gate = store.hold('create')
    client.send(get('/', 'Connection: close'))
    const begun = await client.receives(/first/)
    expect(linesOf(begun, 'Content-Length')).toEqual(['10'])
    await store.called('create')
    expect(bodyOf(await client.afterAMoment())).toBe('first')
    gate.open()
    expect(bodyOf(await client.closes())).toBe('first-last')
  })

  test('its trailers arrive', async () => {
    const { port } = await open(
      changing((_request, response) => {
        response.setHeader('Trailer', 'x-sum')
        response.write('whole')
        response.addTrailers({ 'x-sum': '5' })
        response.end()
      }),
    )
    const { body, trailers } = await ask(port)
    expect({ body, sum: trailers['x-sum'] }).toEqual({ body: 'whole', sum: '5' })
  })

  test('a piped source arrives whole, and its pipeline resolves after the save', async () => {
    const piped = new Gate()
    const source = 'x'.repeat(300_000)
    const { store, port } = await open(
      changing(async (_request, response) => {
        await pipeline(Readable.from([source.slice(0, 100_000), source.slice(100_000)]), response)
        piped.open()
      }),
    )
    expect((await ask(port)).body).toBe(source)
    await piped.passed
    expect(store.size).toBe(1)
  })

  test('a piped source waits for a slow visitor', async () => {
    let returned: boolean | undefined
    const { port } = await open(
      changing((_request, response) => {
        returned = response.write('x'.repeat(5_000_000))
        response.once('drain', () => response.end('!'))
      }),
    )
    expect((await ask(port)).body).toHaveLength(5_000_001)
    expect(returned).toBe(false)
  })

  test('the callbacks of its parts are called', async () => {
    const written = new Gate()
    const { port } = await open(
      changing((_request, response) => {
        response.write('one', 'utf8', () => written.open())
        response.end()
      }),
    )
    await ask(port)
    await written.passed
  })

  test('a session that changes after the first part is stored before the end', async () => {
    const { store, port } = await open((request, response) => {
      request.session.visits = 1
      response.write('one')
      request.session.visits = 2
      response.end()
    })
    await ask(port)
    expect(store.only).toContain('2')
  })

  test('a failed save leaves it unfinished, so that the visitor sees that it is not whole', async () => {
    const { store, client, errors } = await open(
      changing((_request, response) => {
        response.write('one,')
        response.end('two')
      }),
    )
    store.break('rejects', 'create')
    client.send(get('/'))
    const answer = await client.closes()
    expect(answer).toContain('one,')
    expect(answer).not.toContain('two')
    expect(answer).not.toContain('0\r\n\r\n')
    expect(errors.map(codeOf)).toEqual(['STORE_FAILED'])
  })
})

test("with 'send' a stream whose save fails ends as written, and the error handler gets the error afterwards", async () => {
  const { store, client, errors } = await open(
    changing((_request, response) => {
      response.write('one,')
      response.end('two')
    }),
    { onCommitFailure: 'send' },
  )
  store.break('rejects', 'create')
  const answer = await client.send(get('/', 'Connection: close')).closes()
  expect(bodyOf(answer)).toBe('4\r\none,\r\n3\r\ntwo\r\n0\r\n\r\n')
  expect(errors).toHaveLength(1)
})

describe('a visitor who disconnects', () => {
  test('during the save: the save finishes all the same', async () => {
    const gone = new Gate()
    const { store, client } = await open(
      changing((_request, response) => {
        response.on('close', () => gone.open())
        response.end('whole')
      }),
    )
    const gate = store.hold('create')
    client.send(get('/'))
    await store.called('create')
    client.abort()
    await gone.passed
    gate.open()
    await new Promise(setImmediate)
    await new Promise(setImmediate)
    expect(store.size).toBe(1)
  })

  test('before the end: the session is stored when the application ends the response', async () => {
    const { store, client } = await open(
      changing(async (_request, response) => {
        client.abort()
        await once(response, 'close')
        response.end('whole')
      }),
    )
    client.send(get('/'))
    await store.called('create')
    await new Promise(setImmediate)
    expect(store.size).toBe(1)
  })

  test('during a save that fails: the error handler gets the error, and nothing is thrown', async () => {
    const gone = new Gate()
    const { store, client, errors } = await open(
      changing((_request, response) => {
        response.on('close', () => gone.open())
        response.end('whole')
      }),
    )
    store.break('rejects', 'create')
    const gate = store.hold('create')
    client.send(get('/'))
    await store.called('create')
    client.abort()
    await gone.passed
    gate.open()
    await new Promise(setImmediate)
    await new Promise(setImmediate)
    expect(errors.map(codeOf)).toEqual(['STORE_FAILED'])
  })

  test('in the middle of a stream: a later part is refused without a crash', async () => {
    const results: unknown[] = []
    const done = new Gate()
    const { store, client } = await open(
      changing(async (_request, response) => {
        response.write('one')
        client.abort()
        await once(response, 'close')
        response.write('two', error => results.push(codeOf(error)))
        response.end('three')
        response.write('four', error => {
          results.push(codeOf(error))
          done.open()
        })
      }),
    )
    client.send(get('/'))
    await done.passed
    await store.called('create')
    expect(results).toHaveLength(2)
  })
})

describe('several requests on one connection', () => {
  test('one after the other, each waits for its own save', async () => {
    const { store, client } = await open(changing((request, response) => response.end(`${request.url};`)))
    client.send(get('/1'))
    await client.receives(/\/1;/)
    const gate = store.hold('create')
    client.send(get('/2'))
    const before = await client.afterAMoment()
    expect(before).not.toContain('/2;')
    gate.open()
    await client.receives(/\/2;/)
  })

  test('pipelined, they are answered in order, whichever save is done first', async () => {
    const store = new ScriptedStore()
    store.hold('set')
    const { client } = await openWith(
      store,
      changing((request, response) => response.end(`${request.url};`)),
    )
    client.send(get('/1'), get('/2'), get('/3', 'Connection: close'))
    await store.called('set', 3)
    for (const call of store.of('set').toReversed()) {
      expect(await client.afterAMoment()).toBe('')
      call.answer()
    }
    const answer = await client.closes()
    expect(answer.match(/\/\d;/g)).toEqual(['/1;', '/2;', '/3;'])
    expect(answer.match(/Set-Cookie: connect.sid=/g)).toHaveLength(3)
    expect(new Set(answer.match(/connect\.sid=[^;]+/g)).size).toBe(3)
  })

  test('the connection stays open after a failed save', async () => {
    const { store, client } = await open(changing((request, response) => response.end(`${request.url};`)))
    store.break('rejects', 'create')
    client.send(get('/1'))
    await client.receives(/sorry: STORE_FAILED/)
    store.mend()
    client.send(get('/2'))
    expect(await client.receives(/\/2;/)).toMatch(/503[\s\S]*200 OK/)
  })
})

describe('a save that fails', () => {
  const failures: { readonly [how: string]: (store: GatedStore) => void } = {
    'because the store throws': store => store.break('throws', 'create'),
    'because the store rejects': store => store.break('rejects', 'create'),
    'because the store never answers': store => void store.hold('create'),
  }
  for (const [how, fail] of Object.entries(failures)) {
    test(`${how}: the visitor gets the error handler's answer, and no cookie`, async () => {
      const { store, port, errors } = await open(
        changing((_request, response) => response.setHeader('x-own', '1').end('whole')),
        { deadline: 50 },
      )
      fail(store)
      const answer = await ask(port)
      expect(answer.status).toBe(503)
      expect(answer.body).toMatch(/^sorry: STORE_(FAILED|TIMED_OUT)$/)
      expect(answer.cookies).toEqual([])
      expect(errors).toHaveLength(1)
      expect(errors[0]).toBeInstanceOf(SojournError)
    })

    test(`${how}: with 'send' the answer leaves as written, and the error handler gets the error afterwards`, async () => {
      const { store, port, errors } = await open(
        changing((_request, response) => response.writeHead(201, { 'x-own': '1' }).end('whole')),
        { deadline: 50, onCommitFailure: 'send' },
      )
      fail(store)
      const answer = await ask(port)
      expect(answer).toMatchObject({ status: 201, body: 'whole', headers: { 'x-own': '1' } })
      expect(answer.cookies).toHaveLength(1)
      expect(errors).toHaveLength(1)
    })
  }

  const callbackFailures: { readonly [how: string]: (store: ScriptedStore) => void } = {
    'that throws': store => {
      store.set = () => {
        throw new Error('no set today')
      }
    },
    'that calls back with an error': store => {
      store.set = (_id, _session, answer) => answer(new Error('no set today'))
    },
    'that calls back with an error later': store => {
      store.set = (_id, _session, answer) => void setImmediate(answer, new Error('no set today'))
    },
    'that rejects': store => {
      store.set = () => Promise.reject(new Error('no set today')) as never
    },
    'that never calls back': store => store.hold('set'),
  }
  for (const [how, fail] of Object.entries(callbackFailures)) {
    test(`in a callback store ${how} is an error response without a cookie`, async () => {
      const store = new ScriptedStore()
      fail(store)
      const route = changing((_request, response) => response.end('whole'))
      const { port, errors } = await openWith(store, route, { deadline: 50 })
      const answer = await ask(port)
      expect(answer.status).toBe(503)
      expect(answer.cookies).toEqual([])
      expect(errors).toHaveLength(1)
    })

    test(`in a callback store ${how} leaves the answer as it is with 'send'`, async () => {
      const store = new ScriptedStore()
      fail(store)
      const route = changing((_request, response) => response.end('whole'))
      const { port, errors } = await openWith(store, route, { deadline: 50, onCommitFailure: 'send' })
      const answer = await ask(port)
      expect(answer).toMatchObject({ status: 200, body: 'whole' })
      expect(errors).toHaveLength(1)
      if (how !== 'that never calls back') expect(codeOf(errors[0])).toBe('no set today')
    })
  }

  test('the error response is not cut to the length of the unsent answer', async () => {
    const { store, client } = await open(
      changing((_request, response) => response.setHeader('Content-Length', 5).end('whole')),
    )
    store.break('rejects', 'create')
    client.send(get('/', 'Connection: close'))
    const answer = await client.closes()
    expect(bodyOf(answer)).toContain('sorry: STORE_FAILED')
    expect(linesOf(answer, 'Content-Length').join()).not.toBe('5')
  })

  test('the error response does not carry the status message of the unsent answer', async () => {
    const { store, port } = await open(
      changing((_request, response) => response.writeHead(302, 'Over There', { Location: '/home' }).end()),
    )
    store.break('rejects', 'create')
    const answer = await ask(port)
    expect(answer).toMatchObject({ status: 503, reason: 'Service Unavailable' })
    expect(answer.headers.location).toBeUndefined()
  })

  test('that the application called is retried at the end, and the response fails when the retry fails too', async () => {
    const { store, port, errors } = await open((request, response) => {
      request.session.visits = 1
      store.break('rejects', 'create')
      request.session.save(error => response.end(codeOf(error)))
    })
    const answer = await ask(port)
    expect(answer).toMatchObject({ status: 503, body: 'sorry: STORE_FAILED', cookies: [] })
    expect(errors).toHaveLength(1)
  })

  test('keeps the cookies that the application set, and the error handler may remove them', async () => {
    const { store, port } = await open(
      changing((_request, response) => response.setHeader('Set-Cookie', 'own=1').end('whole')),
    )
    store.break('rejects', 'create')
    expect((await ask(port)).cookies).toEqual(['own=1'])
  })

  test('a failed touch does not fail the response', async () => {
    const { store, port, errors } = await open(
      changing((_request, response) => response.end('whole')),
      {
        touchEvery: 1,
      },
    )
    const { cookie } = await ask(port)
    store.break('rejects', 'touch', 'replace')
    await new Promise(resolve => setTimeout(resolve, 5))
    const answer = await ask(port, '/untouched', { headers: { cookie } })
    expect(store.calls).toContain('touch')
    expect(answer).toMatchObject({ status: 200, body: 'whole' })
    expect(errors).toEqual([])
  })
})

interface Opened {
  readonly store: GatedStore
  readonly port: number
  readonly client: RawClient
  readonly errors: Errors
}

async function open(route: Route, options: SessionOptions = {}): Promise<Opened> {
  const store = new GatedStore()
  return { store, ...(await openWith(store, route, options)) }
}

async function openWith(
  store: object | undefined,
  route: Route,
  options: SessionOptions = {},
): Promise<Omit<Opened, 'store'>> {
  const errors: Errors = []
  const port = await serve(
    plain(session({ secret, store: store as SessionOptions['store'], ...options }), route, errors),
  )
  return { port, client: new RawClient(port), errors }
}

/** A route that changes the session, unless told otherwise, and then answers. */
function changing(route: Route): Route {
  return (request, response) => {
    if (request.url !== '/untouched') request.session.visits = Number(request.session.visits ?? 0) + 1
    return route(request, response)
  }
}

/** The same answer from a server without sessions. */
async function bareAnswer(route: Route): Promise<string> {
  const port = await serve((request, response) => void route(request as never, response))
  return new RawClient(port).send(get('/', 'Connection: close')).closes()
}

/** The headers of an answer, without those that a session adds and without the time. */
function withoutOurs(answer: string): readonly string[] {
  const [top = ''] = answer.split('\r\n\r\n', 1)
  return top
    .split('\r\n')
    .filter(line => !/^(set-cookie|cache-control|date):/i.test(line))
    .toSorted()
}
