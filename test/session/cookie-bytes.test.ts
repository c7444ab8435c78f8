import { connect } from 'node:net'
import cookieParser from 'cookie-parser'
import express from 'express'
import session, { type SessionOptions } from 'sojourn'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Signer } from '../../src/core/cookies/secret-signer.ts'
import { Web } from './web.ts'

const secret = 'of the test'
const signer = new Signer([secret])
const unhandled: unknown[] = []
const opened: Web[] = []

beforeEach(() => {
  unhandled.length = 0
  process.on('unhandledRejection', note)
})

afterEach(async () => {
  process.off('unhandledRejection', note)
  await Promise.all(opened.splice(0).map(web => web.close()))
})

function note(error: unknown): void {
  unhandled.push(error)
}

/** A server that answers the id of the session, and whether it holds anything, and stores when asked to. */
async function openWeb(options: SessionOptions = {}): Promise<Web> {
  const web = await new Web(session({ secret, ...options })).open()
  opened.push(web)
  return web
    .on('/id', ({ sessionID, session }) => `${sessionID} ${String(session.user)}`)
    .on('/write', ({ session, sessionID }) => {
      session.x = 1
      return sessionID
    })
    .on('/in', ({ session, sessionID }) => {
      session.user = 'ada'
      return sessionID
    })
}

interface Exchange {
  readonly path: string
  /** Header lines as bytes, each a character up to U+00FF. */
  readonly cookies: readonly string[]
}

/** Sends requests one after the other over one raw connection, and answers the status line and the body of each. */
async function sendAll(port: number, exchanges: readonly Exchange[]): Promise<readonly string[]> {
  const socket = connect(port, '127.0.0.1')
  let received = ''
  let wake: () => void = () => undefined
  socket.setEncoding('latin1')
  socket.on('data', chunk => {
    received += chunk
    wake()
  })
  socket.on('error', () => wake())
  socket.on('close', () => wake())
  const answers: string[] = []
  for (const { path, cookies } of exchanges) {
    const lines = cookies.map(cookie => `Cookie: ${cookie}\r\n`).join('')
    socket.write(`GET ${path} HTTP/1.1\r\nHost: host\r\n${lines}\r\n`, 'latin1')
    let answer: string | undefined
    while ((answer = firstAnswer(received)) === undefined && !socket.closed) {
      await new Promise<void>(resolve => {
        wake = resolve
      })
    }
    if (answer === undefined) break
    received = received.slice(answer.length)
    answers.push(answer)
  }
  socket.destroy()
  return answers
}

function firstAnswer(received: string): string | undefined {
  const head = received.indexOf('\r\n\r\n')
  if (head === -1) return undefined
  const length = Number(/content-length: (\d+)/i.exec(received.slice(0, head))?.[1] ?? 0)
  return received.length < head + 4 + length ? undefined : received.slice(0, head + 4 + length)
}

const statusOf = (answer: string): number => Number(answer.slice(9, 12))
const bodyOf = (answer: string): string => answer.slice(answer.indexOf('\r\n\r\n') + 4)

/** Numbers from a seed, so that a red run can be replayed. */
function generator(seed: number): (below: number) => number {
  let state = seed >>> 0
  return below => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

const valid = encodeURIComponent(signer.sign('A'.repeat(32)))
const pieces = [
  ...[
    'connect.sid',
    'connect.sid=',
    '=',
    ';',
    '; ',
    ',',
    ' ',
    '\t',
    '"',
    '%',
    '%%',
    '%00',
    '%E0%A4%A',
    '%ff',
    '%3A',
  ],
  ...[
    's:',
    's%3A',
    's:.',
    'j:',
    'j%3A{"a":1}',
    '.',
    'x',
    '__proto__=',
    'constructor=',
    '$Version=1',
    '\xa0',
    '\x85',
  ],
  ...[
    '\xff',
    '\x80',
    '\x7f',
    '\xef\xbb\xbf',
    'CONNECT.SID=',
    '__Host-connect.sid=',
    'a'.repeat(300),
    '+',
    '/',
    '==',
  ],
  ...[valid, valid.slice(0, -1), `${valid}=`, decodeURIComponent(valid), valid.toLowerCase(), 'A'.repeat(32)],
]

/** A header of pieces and of bytes, without those that Node's parser itself refuses. */
function randomCookie(next: (below: number) => number): string {
  let cookie = ''
  for (let count = next(12); count >= 0; count -= 1) {
    cookie += next(3) === 0 ? String.fromCharCode(next(256)) : pieces[next(pieces.length)]
  }
  return cookie.replace(/[\0-\x08\n-\x1f\x7f]/g, '')
}

async function fuzz(web: Web, seed: number, requests: number): Promise<void> {
  const next = generator(seed)
  const exchanges = Array.from({ length: requests }, () => ({
    path: ['/id', '/write'][next(2)] ?? '/id',
    cookies: Array.from({ length: 1 + next(3) }, () => randomCookie(next)),
  }))
  const answers = await sendAll(web.port, exchanges)
  expect(answers.length, `answers to seed ${seed}`).toBe(requests)
  for (const [index, answer] of answers.entries()) {
    const told = `seed ${seed}, request ${index}: ${JSON.stringify(exchanges[index])}`
    expect(statusOf(answer), told).toBe(200)
    expect(bodyOf(answer), told).toMatch(/^[\w-]{32}( undefined)?$/)
    expect(bodyOf(answer), told).not.toContain('AAAA')
    expect((answer.match(/^set-cookie: connect\.sid=/gim) ?? []).length, told).toBeLessThanOrEqual(1)
  }
}

describe('whatever bytes come in a Cookie header', () => {
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000)

  test(`a thousand requests over the default store: no error, no adopted id (seed ${seed})`, async () => {
    const web = await openWeb()
    await fuzz(web, seed, 1000)
    expect([web.errors, unhandled]).toEqual([[], []])
  })

  test(`a thousand requests that store whatever comes (seed ${seed + 1})`, async () => {
    const web = await openWeb({
      resave: true,
      saveUninitialized: true,
      rolling: true,
      store: new session.MemoryStore(),
    })
    await fuzz(web, seed + 1, 1000)
    expect([web.errors, unhandled]).toEqual([[], []])
  })

  test('somebody who is signed in stays so beside any other cookie', async () => {
    const web = await openWeb()
    const { cookie, body: id } = await web.get('/in')
    const next = generator(seed + 2)
    const noise = () => randomCookie(next).replaceAll(/connect\.sid=|s(?::|%3A)A+[^;]*/gi, '')
    const exchanges = Array.from({ length: 300 }, () => ({
      path: '/id',
      cookies: [noise(), cookie, noise()],
    }))
    const answers = await sendAll(web.port, exchanges)
    for (const [index, answer] of answers.entries()) {
      expect(bodyOf(answer), `seed ${seed + 2}: ${JSON.stringify(exchanges[index])}`).toBe(`${id} ada`)
    }
  })

  test('a claim that is not exactly what was signed is nobody’s', async () => {
    const web = await openWeb()
    const { cookie, body: id } = await web.get('/in')
    const value = decodeURIComponent(cookie.slice('connect.sid='.length))
    const [, mac = ''] = value.split('.')
    const claims = [
      ...[id, `s:${id}`, `s:${id}.`, `s:.${mac}`, `.${mac}`, 's:', 's:.', `${id}.${mac}`, `S:${id}.${mac}`],
      ...[
        `s:${id}.${mac}=`,
        `s:${id}.${mac} x`,
        `s:${id} .${mac}`,
        `s:${id}x.${mac}`,
        `s:${id}.${mac.slice(1)}`,
      ],
      ...[
        `s:${id}.${mac.replace(/.$/, last => (last === 'A' ? 'B' : 'A'))}`,
        `"s:${id}.${mac}"`,
        `j:${JSON.stringify(id)}`,
      ],
      ...[
        `s:${id}.${mac.replaceAll('+', '-').replaceAll('/', '_')}`,
        `s:${id}%00.${mac}`,
        `s:s:${id}.${mac}.${mac}`,
      ],
    ].filter(claim => claim !== value)
    const answers = await sendAll(
      web.port,
      claims.map(claim => ({ path: '/id', cookies: [`connect.sid=${claim}`] })),
    )
    for (const [index, answer] of answers.entries()) {
      expect(bodyOf(answer), claims[index]).toMatch(/ undefined$/)
      expect(bodyOf(answer), claims[index]).not.toContain(id)
    }
  })

  test('a signed id that the store does not have is not adopted, even when it is stored', async () => {
    const web = await openWeb({ saveUninitialized: true })
    const [first, second] = await sendAll(web.port, [
      { path: '/write', cookies: [`connect.sid=${valid}`] },
      { path: '/id', cookies: [`connect.sid=${valid}`] },
    ])
    for (const answer of [first, second]) expect(bodyOf(answer ?? '')).not.toContain('AAAA')
  })

  test('sixteen kilobytes of it are answered', async () => {
    const web = await openWeb()
    await web.get('/id')
    const headers = [
      ';'.repeat(15_900),
      '=;'.repeat(7900),
      'connect.sid=;'.repeat(1200),
      `connect.sid=${'%'.repeat(15_000)}`,
    ]
    for (const cookie of headers) {
      const [answer] = await sendAll(web.port, [{ path: '/id', cookies: [cookie] }])
      expect(statusOf(answer ?? '')).toBe(200)
    }
  })

  test('Node’s own limit is an answer too, and the server goes on', async () => {
    const web = await openWeb()
    const answers = await sendAll(web.port, [{ path: '/id', cookies: ['x'.repeat(20_000)] }])
    expect(statusOf(answers[0] ?? '')).toBe(431)
    expect((await web.get('/id')).status).toBe(200)
  })
})

describe('behind cookie-parser', () => {
  async function openApp() {
    const app = express()
    app.use(cookieParser(secret), session({ secret }))
    app.get('/in', (request, response) => {
      Reflect.set(request.session, 'user', 'ada')
      response.send(request.sessionID)
    })
    app.get('/id', (request, response) => {
      response.send(`${request.sessionID} ${String(Reflect.get(request.session, 'user'))}`)
    })
    const server = app.listen(0, '127.0.0.1')
    await new Promise(resolve => server.once('listening', resolve))
    const { port } = server.address() as { readonly port: number }
    return { port, close: () => server.close() }
  }

  test('`j:` values, signed or not, are nobody’s and no error', async () => {
    const { port, close } = await openApp()
    const json = ['{"a":1}', '[]', 'null', '"text"', '7', '{"__proto__":{"x":1}}', '{"toString":1}', '{']
    const values = json.flatMap(text => [`j:${text}`, signer.sign(`j:${text}`), `s:j:${text}`])
    const exchanges = values.map(value => ({
      path: '/id',
      cookies: [`connect.sid=${encodeURIComponent(value)}`],
    }))
    const answers = await sendAll(port, exchanges)
    close()
    expect(answers).toHaveLength(values.length)
    for (const answer of answers)
      expect([statusOf(answer), bodyOf(answer)]).toEqual([
        200,
        expect.stringMatching(/^[\w-]{32} undefined$/),
      ])
  })

  test('a session is found as without it', async () => {
    const { port, close } = await openApp()
    const [signedIn = ''] = await sendAll(port, [{ path: '/in', cookies: [] }])
    const cookie = /set-cookie: ([^;]+)/i.exec(signedIn)?.[1] ?? ''
    const [answer = ''] = await sendAll(port, [{ path: '/id', cookies: [cookie] }])
    close()
    expect(bodyOf(answer)).toBe(`${bodyOf(signedIn)} ada`)
  })

  test('cookies that another middleware has put there are checked like any other', async () => {
    const found: unknown[] = [
      { a: 1 },
      7,
      null,
      true,
      ['x'],
      Symbol('x'),
      () => 'x',
      '',
      's:',
      signer.sign('nobody'),
    ]
    for (const name of ['cookies', 'signedCookies']) {
      for (const value of found) {
        const handle = session({ secret })
        const middleware = Object.assign(
          (request: any, response: any, next: any) => {
            request[name] = { 'connect.sid': value }
            handle(request, response, next)
          },
          { sessions: handle.sessions },
        )
        const web = await new Web(middleware).open()
        opened.push(web)
        const reply = await web.on('/id', ({ sessionID }) => sessionID).get('/id')
        expect([reply.status, reply.body]).toEqual([200, expect.stringMatching(/^[\w-]{32}$/)])
      }
    }
  })
})
