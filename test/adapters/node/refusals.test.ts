import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import session from 'sojourn'
import { describe, expect, test } from 'vitest'
import { Gate } from '../../support/gate.ts'
import { GatedStore } from '../../support/gated-store.ts'
import { ask } from '../../support/http-client.ts'
import { askHttp2 } from '../../support/http2-client.ts'
import { type Listener, type Protocol, plain, serve } from '../../support/servers.ts'
import { type Deed, witness } from '../../support/witness.ts'

/** What an application might do to a response too late. */
const deeds: { readonly [what: string]: Deed } = {
  'headersSent is read': response => response.headersSent,
  'writable is read': response => response.writable,
  'a header is set': response => response.setHeader('x-late', '1'),
  'a header is set to a list': response => response.setHeader('x-late', ['1', '2']),
  'a header with a wrong name is set': response => response.setHeader('x late', '1'),
  'a header is appended': response => response.appendHeader('x-late', '1'),
  'headers are set together': response => response.setHeaders?.(new Map([['x-late', '1']])),
  'a header is removed': response => response.removeHeader('x-early'),
  'a header is read': response => response.getHeader('x-early'),
  'header names are read': response => response.hasHeader('x-early'),
  'the head is written': response => response.writeHead(500),
  'the head is written with a reason': response => response.writeHead(500, 'Too Late'),
  'the head is written with headers': response => response.writeHead(500, { 'x-late': '1' }),
  'the head is written with a wrong status': response => response.writeHead(9999),
  'the headers are flushed': response => response.flushHeaders(),
  'the status is assigned': response => {
    response.statusCode = 404
  },
}

const afterEnd: { readonly [what: string]: Deed } = {
  'text is written': response => response.write('late'),
  'text is written with an encoding': response => response.write('late', 'latin1'),
  'text is written with a callback': (response, callback) => response.write('late', callback),
  'text is written with an encoding and a callback': (response, callback) =>
    response.write('late', 'utf8', callback),
  'bytes are written': response => response.write(Buffer.from('late')),
  'nothing is written': (response, callback) => response.write('', callback),
  'it is ended again': response => response.end(),
  'it is ended again with empty text': response => response.end(''),
  'it is ended again with null': response => response.end(null),
  'the reason is assigned': response => {
    response.statusMessage = 'Late'
  },
}

/** These cost the visitor any part of the answer that has not left, so that only the application's side can be compared. */
const destructive: { readonly [what: string]: Deed } = {
  'it is destroyed, and text is written': (response, callback) => {
    response.destroy()
    return response.write('late', callback)
  },
  'it is destroyed, and ended again with text': response => {
    response.destroy()
    return response.end('late')
  },
  'it is destroyed, and ended again': response => {
    response.destroy()
    return response.end()
  },
}

describe.each<Protocol>(['http', 'h2c'])('over %s, a response whose save is under way', protocol => {
  for (const [what, deed] of Object.entries({ ...deeds, ...afterEnd })) {
    test(`it answers as Node's does when it has ended and ${what}`, async () => {
      const { held, bare } = await compare(protocol, endWithHeader, deed)
      // Over HTTP/2 Node resets a stream that is written to after its end. We need not repeat that.
      const isReset = protocol === 'h2c' && what.includes('written') && what in afterEnd
      if (!isReset) expect(held.answer).toEqual(bare.answer)
      expect(held.seen).toEqual(bare.seen)
    })
  }

  for (const [what, deed] of Object.entries(destructive)) {
    test(`it answers as Node's does when it has ended, ${what}`, async () => {
      const { held, bare } = await compare(protocol, endWithHeader, deed)
      expect(held.seen).toEqual(bare.seen)
    })
  }

  test.each<[string, readonly unknown[]]>([
    ['nothing', []],
    ['text', ['late']],
    ['text and an encoding', ['late', 'utf8']],
    ['bytes', [Buffer.from('late')]],
    ['a number', [42]],
  ])(
    'a second end with %s does nothing, and its callback is called once the response has left',
    async (_what, chunk) => {
      const twice: Deed = (response, callback) => Reflect.apply(response.end, response, [...chunk, callback])
      const { held, bare } = await compare(protocol, endWithHeader, twice)
      expect(held.seen).toEqual([
        ['returned', 'the response'],
        ['called back', undefined],
      ])
      expect(held.answer).toEqual(bare.answer)
    },
  )

  test('every write is refused', async () => {
    for (const chunk of [null, 42]) {
      const { held } = await compare(protocol, endWithHeader, response => response.write(chunk))
      expect(held.seen).toContainEqual(['returned', false])
    }
  })

  test('it says that it has not ended', async () => {
    const truth: Deed = ({ finished, writableEnded, writableFinished }) => [
      finished,
      writableEnded,
      writableFinished,
    ]
    const { held } = await compare(protocol, endWithHeader, truth)
    expect(held.seen).toEqual([['returned', [false, false, false]]])
  })
})

describe.each<Protocol>(['http', 'h2c'])('over %s, a response whose head is written', protocol => {
  for (const [what, deed] of Object.entries(deeds)) {
    test(`it answers as Node's does when ${what}`, async () => {
      const begin = (response: ServerResponse): void => {
        response.setHeader('x-early', '1')
        response.writeHead(200)
      }
      const deedAndEnd: Deed = (response, callback) => {
        setImmediate(() => response.end('done'))
        return deed(response, callback)
      }
      const { held, bare } = await compare(protocol, begin, deedAndEnd)
      expect(held).toEqual(bare)
    })
  }
})

test('a response can be written to again once its save has failed', async () => {
  const store = new GatedStore()
  store.break('rejects', 'create')
  const middleware = session({ secret: 'refusals', store })
  const seen: unknown[] = []
  const port = await serve((request, response) => {
    middleware(request, response, error => {
      if (error === undefined) {
        Object.assign(request, { session: { visits: 1 } })
        response.writeHead(200, { 'x-first': '1' }).end('stored')
        return
      }
      const { headersSent, writableEnded } = response
      seen.push({ headersSent, writableEnded })
      response.setHeader('x-second', '1')
      response.statusCode = 503
      response.end('not stored')
    })
  })
  const answer = await ask(port)
  expect(answer.status).toBe(503)
  expect(answer.headers['x-first']).toBeUndefined()
  expect(answer.headers['x-second']).toBe('1')
  expect(seen).toEqual([{ headersSent: false, writableEnded: false }])
})

function endWithHeader(response: ServerResponse): void {
  response.setHeader('x-early', '1')
  response.end('done')
}

interface Story {
  readonly answer: unknown
  readonly seen: unknown
}

interface Comparison {
  readonly held: Story
  readonly bare: Story
}

/** Does the same to a response that waits for its save and to one without a session, and answers what both did. */
async function compare(
  protocol: Protocol,
  prepare: (response: ServerResponse) => void,
  deed: Deed,
): Promise<Comparison> {
  const store = new GatedStore()
  const gate = store.hold('create')
  const route = (_request: unknown, response: ServerResponse): Promise<unknown> =>
    act(response, prepare, deed)
  const held = plain(session({ secret: 'refusals', store }), async (request, response) => {
    request.session.visits = 1
    setImmediate(() => setImmediate(() => gate.open()))
    tell(await route(request, response))
  })
  const stories: unknown[] = []
  const tell = (story: unknown): void => void stories.push(story)
  const bare: Listener = async (request, response) => tell(await route(request, response))
  return {
    held: { answer: await visit(protocol, held), seen: stories.pop() },
    bare: { answer: await visit(protocol, bare), seen: stories.pop() },
  }
}

async function act(
  response: ServerResponse,
  prepare: (response: ServerResponse) => void,
  deed: Deed,
): Promise<unknown> {
  const closed = once(response, 'close')
  prepare(response)
  const seen = witness(response, deed)
  await closed.catch(() => undefined)
  return seen
}

/** What the visitor gets, without the headers that the session or Node adds. */
async function visit(protocol: Protocol, listener: Listener): Promise<unknown> {
  const done = new Gate()
  const counted: Listener = (request, response) => {
    response.on('close', () => setImmediate(() => done.open()))
    listener(request, response)
  }
  const port = await serve(counted, protocol)
  const answer = protocol === 'http' ? visitHttp(port) : visitHttp2(port)
  await done.passed
  return await answer
}

async function visitHttp(port: number): Promise<unknown> {
  const answer = await ask(port).catch(() => undefined)
  if (answer === undefined) return 'nothing'
  const { status, reason, headers, body } = answer
  return { status, reason, late: headers['x-late'], early: headers['x-early'], body }
}

async function visitHttp2(port: number): Promise<unknown> {
  const answer = askHttp2(port, '/')
  const code = await answer.closed()
  return { status: answer.status, code, late: answer.headers?.['x-late'], early: answer.headers?.['x-early'] }
}
