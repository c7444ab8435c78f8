import type { ServerResponse } from 'node:http'
import session from 'sojourn'
import { describe, expect, test, vi } from 'vitest'
import { GatedStore } from '../../support/gated-store.ts'
import { bodyOf, get, linesOf, RawClient } from '../../support/raw-client.ts'
import { type Listener, plain, type Route, serve } from '../../support/servers.ts'
import { type Deed, witness } from '../../support/witness.ts'

type Write = (response: ServerResponse) => void

const heads: { readonly [form: string]: Write } = {
  'a status': response => response.writeHead(201),
  'a status as text': response => Reflect.apply(response.writeHead, response, ['201']),
  'a status and a reason': response => response.writeHead(201, 'Made'),
  'a status and an object': response => response.writeHead(201, { 'X-Own': '1', 'x-number': 2 }),
  'a status, a reason and an object': response => response.writeHead(201, 'Made', { 'X-Own': '1' }),
  'a status, no reason and an object': response => response.writeHead(201, undefined, { 'X-Own': '1' }),
  'a flat list': response => response.writeHead(201, ['X-Own', '1', 'X-Own', '2']),
  'a reason and a flat list': response => response.writeHead(201, 'Made', ['X-Own', '1']),
  'a list of pairs': response =>
    Reflect.apply(response.writeHead, response, [
      201,
      [
        ['X-Own', '1'],
        ['X-Own', '2'],
      ],
    ]),
  'an empty object': response => response.writeHead(201, {}),
  'an empty list': response => response.writeHead(201, []),
  'a length': response => response.writeHead(201, { 'Content-Length': 5 }),
  'a list of values': response => response.writeHead(201, { 'X-Own': ['1', '2'] }),
  'a cookie': response => response.writeHead(201, { 'Set-Cookie': 'own=1' }),
  'a cookie in small letters': response => response.writeHead(201, { 'set-cookie': 'own=1' }),
  'several cookies': response => response.writeHead(201, { 'Set-Cookie': ['own=1', 'other=2; Path=/'] }),
  'cookies in a flat list': response =>
    response.writeHead(201, ['Set-Cookie', 'own=1', 'X-Own', '1', 'Set-Cookie', 'other=2']),
  'a flat list after other headers': response =>
    response.setHeader('x-early', '1').writeHead(201, ['X-Own', '1', 'X-Own', '2', 'X-Early', '3']),
  'a status after a cookie': response => response.setHeader('Set-Cookie', 'early=1').writeHead(201),
  'a status after several cookies': response =>
    response.setHeader('Set-Cookie', ['early=1', 'earlier=2']).writeHead(201),
  'a status after cookies that were appended': response =>
    response.appendHeader('Set-Cookie', 'early=1').appendHeader('Set-Cookie', 'earlier=2').writeHead(201),
  'an object after a cookie': response =>
    response.setHeader('Set-Cookie', 'early=1').writeHead(201, { 'X-Own': '1' }),
  'a cookie after a cookie': response =>
    response.setHeader('Set-Cookie', 'early=1').writeHead(201, { 'Set-Cookie': 'own=1' }),
  'a status after headers were removed': response => {
    response.setHeader('x-early', '1')
    response.removeHeader('x-early')
    response.removeHeader('Date')
    response.writeHead(201)
  },
  'a closed connection': response => response.writeHead(201, { Connection: 'close' }),
  'a transfer encoding': response => response.writeHead(201, ['Transfer-Encoding', 'chunked']),
}

const continuations: { readonly [what: string]: Write } = {
  'it is ended': response => response.end('whole'),
  'it is written to': response => {
    response.write('who')
    response.end('le')
  },
  'its headers are flushed': response => {
    response.flushHeaders()
    response.end('whole')
  },
}

describe('a head that the application writes', () => {
  for (const [what, go] of Object.entries(continuations)) {
    for (const [form, write] of Object.entries(heads)) {
      test(`with ${form} arrives as written, with the session's cookie beside it, when ${what}`, async () => {
        const route = (response: ServerResponse): void => {
          write(response)
          go(response)
        }
        const held = await answerOf(withSession((_request, response) => route(response)))
        const bare = await answerOf((_request, response) => route(response))
        expect(theirs(held)).toEqual(theirs(bare))
        expect(unchunked(bodyOf(held))).toBe(unchunked(bodyOf(bare)))
        expect(ours(held)).toHaveLength(1)
        expect(linesOf(held, 'Cache-Control')).toEqual(['no-store'])
      })
    }
  }

  const wrongs: { readonly [what: string]: Deed } = {
    'a status below 100': response => response.writeHead(99),
    'a status above 999': response => response.writeHead(1000),
    'a status that is no number': response => Reflect.apply(response.writeHead, response, ['many']),
    'no status': response => Reflect.apply(response.writeHead, response, []),
    'a reason with a line break': response => response.writeHead(200, 'two\nlines'),
    'a header with a wrong name': response => response.writeHead(200, { 'x own': '1' }),
    'a header with a wrong value': response => response.writeHead(200, { 'x-own': 'a\nb' }),
    'a header without a value': response => response.writeHead(200, { 'x-own': undefined }),
    'a list that is not even': response => response.writeHead(200, ['x-own']),
    'a cookie with a line break': response => response.writeHead(200, { 'Set-Cookie': ['a=1\nb=2'] }),
    'a second head': response => {
      response.writeHead(201, { 'x-first': '1' })
      return response.writeHead(500, { 'x-second': '1' })
    },
  }
  for (const [what, deed] of Object.entries(wrongs)) {
    test(`is refused with Node's error, with ${what}, and the response goes on`, async () => {
      const stories: unknown[] = []
      const route = (response: ServerResponse): void => {
        stories.push(witness(response, deed))
        if (!response.headersSent) Object.assign(response, { statusCode: 500, statusMessage: 'Wrong' })
        response.end('whole')
      }
      const held = await answerOf(withSession((_request, response) => route(response)))
      const bare = await answerOf((_request, response) => route(response))
      expect(stories[0]).toEqual(stories[1])
      expect(theirs(held)).toEqual(theirs(bare))
      expect(ours(held)).toHaveLength(1)
    })
  }

  test('keeps every cookie of a flat list, and replaces those that were set before', async () => {
    const held = await answerOf(
      withSession((_request, response) =>
        response
          .setHeader('Set-Cookie', 'early=1')
          .writeHead(200, ['Set-Cookie', 'own=1', 'Set-Cookie', 'other=2'])
          .end(),
      ),
    )
    expect(linesOf(held, 'Set-Cookie').slice(0, -1)).toEqual(['own=1', 'other=2'])
    expect(ours(held)).toHaveLength(1)
  })

  test('decides the caching, if it says so', async () => {
    for (const headers of [{ 'cache-control': 'private' }, ['Cache-Control', 'private']]) {
      const held = await answerOf(
        withSession((_request, response) => response.writeHead(200, headers as never).end()),
      )
      expect(linesOf(held, 'Cache-Control')).toEqual(['private'])
    }
  })

  test('that lets shared caches keep the cookie stays as it is, with one warning', async () => {
    const warnings: string[] = []
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation((_message, options) => {
      warnings.push(String(Reflect.get(Object(options), 'code')))
    })
    const writes: Write[] = [
      response => response.setHeader('Cache-Control', 'public, max-age=60').end(),
      response => response.writeHead(200, { 'Cache-Control': 'S-MaxAge=60' }).end(),
      response => response.writeHead(200, { 'Cache-Control': 'private, max-age=60' }).end(),
    ]
    const chosen: string[] = []
    const counts: number[] = []
    for (const write of writes) {
      const held = await answerOf(withSession((_request, response) => write(response)))
      chosen.push(...linesOf(held, 'Cache-Control'))
      counts.push(warnings.filter(code => code === 'SOJOURN_SHARED').length)
    }
    warn.mockRestore()
    expect(chosen).toEqual(['public, max-age=60', 'S-MaxAge=60', 'private, max-age=60'])
    expect(counts).toEqual([1, 1, 1])
  })

  test('is left alone when no cookie is due', async () => {
    const middleware = session({ secret: 'head', store: new GatedStore() })
    const write: Write = response =>
      response.writeHead(201, 'Made', ['X-Own', '1', 'Set-Cookie', 'own=1']).end()
    const held = await answerOf(plain(middleware, (_request, response) => write(response)))
    expect(theirs(held)).toEqual(theirs(await answerOf((_request, response) => write(response))))
    expect(ours(held)).toEqual([])
    expect(linesOf(held, 'Cache-Control')).toEqual([])
  })
})

describe('the headers of the application', () => {
  test('decide the caching, when they were set before', async () => {
    const held = await answerOf(
      withSession((_request, response) => response.setHeader('Cache-Control', 'private').end()),
    )
    expect(linesOf(held, 'Cache-Control')).toEqual(['private'])
  })

  test('hold each of its cookies once, beside the one of the session', async () => {
    const held = await answerOf(
      withSession((_request, response) =>
        response.setHeader('Set-Cookie', ['own=1', 'connect.sid=other; Path=/']).end(),
      ),
    )
    const cookies = linesOf(held, 'Set-Cookie')
    expect(cookies).toHaveLength(2)
    expect(cookies[0]).toBe('own=1')
    expect(cookies[1]).toMatch(/^connect\.sid=s%3A/)
  })
})

describe('a patch of a response', () => {
  /** Like on-headers: the listener runs when the head is about to leave, and may still change it. */
  const beforeHead = (response: ServerResponse, listener: Write): void => {
    const { writeHead } = response
    let isFirst = true
    response.writeHead = function patched(this: ServerResponse, ...args: unknown[]) {
      if (isFirst) {
        isFirst = false
        listener(this)
      }
      return Reflect.apply(writeHead, this, args)
    } as typeof response.writeHead
  }
  const setsCookie: Write = response => response.setHeader('Set-Cookie', 'own=1')
  const routes: { readonly [what: string]: Write } = {
    'ends it': response => response.end('whole'),
    'writes its head': response => response.writeHead(200).end('whole'),
    'streams it': response => continuations['it is written to']?.(response),
  }

  for (const [what, route] of Object.entries(routes)) {
    test(`before the middleware, which sets a cookie at the head, takes effect when the route ${what}`, async () => {
      const inner = withSession((_request, response) => route(response))
      const held = await answerOf((request, response) => {
        beforeHead(response, patched => patched.appendHeader('Set-Cookie', 'own=1'))
        inner(request, response)
      })
      expect(linesOf(held, 'Set-Cookie')).toHaveLength(2)
      expect(bodyOf(held)).toContain('le')
    })

    test(`after the middleware, which sets a cookie at the head, keeps ours when the route ${what}`, async () => {
      const held = await answerOf(
        withSession((_request, response) => {
          beforeHead(response, setsCookie)
          route(response)
        }),
      )
      expect(linesOf(held, 'Set-Cookie')).toContain('own=1')
      expect(ours(held)).toHaveLength(1)
    })

    test(`after the middleware, which passes cookies to the head, keeps ours when the route ${what}`, async () => {
      const held = await answerOf(
        withSession((_request, response) => {
          const { writeHead } = response
          response.writeHead = ((status: number) =>
            Reflect.apply(writeHead, response, [status, { 'Set-Cookie': 'own=1' }])) as typeof writeHead
          route(response)
        }),
      )
      expect(linesOf(held, 'Set-Cookie')).toContain('own=1')
      expect(ours(held)).toHaveLength(1)
    })

    test(`after the middleware, which forbids writing after the end, does not fail when the route ${what}`, async () => {
      const trips: string[] = []
      const held = await answerOf(
        withSession((_request, response) => {
          forbidWriteAfterEnd(response, trips)
          route(response)
        }),
      )
      expect(trips).toEqual([])
      expect(bodyOf(held)).toContain('le')
      expect(ours(held)).toHaveLength(1)
    })

    test(`before the middleware, which forbids writing after the end, does not fail when the route ${what}`, async () => {
      const trips: string[] = []
      const inner = withSession((_request, response) => route(response))
      const held = await answerOf((request, response) => {
        forbidWriteAfterEnd(response, trips)
        inner(request, response)
      })
      expect(trips).toEqual([])
      expect(bodyOf(held)).toContain('le')
      expect(ours(held)).toHaveLength(1)
    })
  }

  // compression 1.7, and the copy in Next, read Node's internal flag for a sent head.
  test.each([
    ['whole', 200, (response: ServerResponse) => response.end('whole')],
    [
      'writes its head',
      201,
      (response: ServerResponse) => response.writeHead(201, { 'X-Own': '1' }).end('whole'),
    ],
  ] as const)(
    'after the middleware, which forces a head that it does not see, takes effect when the route %s',
    async (_what, status, route) => {
      const force = (response: ServerResponse): void => {
        const { end } = response
        response.end = ((text: string) => {
          if (!Reflect.get(response, '_header'))
            Reflect.apply(Reflect.get(response, '_implicitHeader'), response, [])
          return Reflect.apply(end, response, [text])
        }) as typeof end
      }
      const held = await answerOf(
        withSession((_request, response) => {
          force(response)
          route(response)
        }),
      )
      expect(held).toContain(` ${status} `)
      expect(bodyOf(held)).toContain('whole')
      expect(ours(held)).toHaveLength(1)
    },
  )

  test('that changes the body at its end takes effect, before and after the middleware', async () => {
    const shout = (response: ServerResponse, suffix: string): void => {
      const { end } = response
      response.end = ((text: string) => Reflect.apply(end, response, [`${text}${suffix}`])) as typeof end
    }
    const inner = withSession((_request, response) => {
      shout(response, '!')
      response.end('whole')
    })
    const held = await answerOf((request, response) => {
      shout(response, '?')
      inner(request, response)
    })
    expect(bodyOf(held)).toBe('whole!?')
  })

  test('during the save is not refused', async () => {
    const store = new GatedStore()
    const gate = store.hold('create')
    const middleware = session({ secret: 'head', store })
    const port = await serve(
      plain(middleware, (request, response) => {
        request.session.visits = 1
        response.end('whole')
        expect(() => {
          response.setHeader = () => response
        }).not.toThrow()
        gate.open()
      }),
    )
    expect(await new RawClient(port).send(get('/', 'Connection: close')).closes()).toContain('whole')
  })
})

function forbidWriteAfterEnd(response: ServerResponse, trips: string[]): void {
  const { end, write } = response
  let hasEnded = false
  response.end = ((...args: unknown[]) => {
    hasEnded = true
    return Reflect.apply(end, response, args)
  }) as typeof end
  response.write = ((...args: unknown[]) => {
    if (hasEnded) trips.push('written after the end')
    return Reflect.apply(write, response, args)
  }) as typeof write
}

/** A server whose store answers later, so that every response waits; its route has a session to store. */
function withSession(route: Route): Listener {
  return plain(session({ secret: 'head', store: new GatedStore() }), (request, response) => {
    request.session.visits = 1
    return route(request, response)
  })
}

async function answerOf(listener: Listener): Promise<string> {
  const port = await serve(listener)
  return new RawClient(port).send(get('/', 'Connection: close')).closes()
}

function ours(answer: string): readonly string[] {
  return linesOf(answer, 'Set-Cookie').filter(line => line.startsWith('connect.sid='))
}

/** The headers and, last, the first line, without the headers that a session adds and without `Date`. */
function theirs(answer: string): readonly string[] {
  const [first = '', ...lines] = (answer.split('\r\n\r\n', 1)[0] ?? '').split('\r\n')
  const headers = lines
    .map(line => line.replace(/^date:.*/i, 'Date').replace(/^set-cookie:/i, 'Set-Cookie:'))
    .filter(line => !/^(cache-control:|set-cookie: connect\.sid=)/i.test(line))
  return [...headers.toSorted(), first]
}

/** The bytes of a body. Node decides how to cut them into chunks, and does so differently each time. */
function unchunked(body: string): string {
  return body.replaceAll(/(?:^|\r\n)[0-9a-f]+\r\n/g, '')
}
