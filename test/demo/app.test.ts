import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'

// A path as text, because the type checker reads the demo in a project of its own.
const demo: string = '../../demo/server.js'
let server: Server
let address: string
const printed = vi.spyOn(console, 'log').mockImplementation(() => undefined)

beforeAll(async () => {
  vi.stubEnv('PORT', '0')
  vi.stubEnv('SESSION_SECRET', 'a secret of thirty-two characters')
  ;({ server } = await import(demo))
  if (!server.listening) await once(server, 'listening')
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterAll(() => {
  server.closeAllConnections()
  server.close()
})

afterEach(() => vi.restoreAllMocks())

/** A browser, as far as one cookie goes. */
class Visitor {
  cookie = ''

  async get(path: string): Promise<string> {
    const response = await this.#send(path, {})
    return await response.text()
  }

  async post(path: string, fields: Record<string, string> = {}): Promise<Response> {
    return await this.#send(path, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' })
  }

  async #send(path: string, options: RequestInit): Promise<Response> {
    const response = await fetch(address + path, { ...options, headers: { cookie: this.cookie } })
    for (const line of response.headers.getSetCookie()) this.cookie = line.split(';', 1).join('')
    return response
  }
}

test('the address is printed in one line that says where the secret comes from, and not what it is', () => {
  const { port } = server.address() as AddressInfo
  expect(printed.mock.calls).toEqual([[expect.stringContaining(`http://localhost:${port} `)]])
  expect(printed.mock.calls[0]?.[0]).toContain('SESSION_SECRET')
  expect(printed.mock.calls[0]?.[0]).not.toContain('thirty-two')
})

test('views are counted for each visitor apart', async () => {
  const [one, other] = [new Visitor(), new Visitor()]
  await one.get('/')
  expect(await one.get('/')).toContain('<strong>2</strong> views')
  expect(await other.get('/')).toContain('<strong>1</strong> view ')
})

test('a sign-in gives a new id and keeps the count', async () => {
  const visitor = new Visitor()
  await visitor.get('/')
  const before = visitor.cookie
  const response = await visitor.post('/sign-in', { name: ' Ada ' })
  expect([response.status, response.headers.get('location')]).toEqual([303, '/'])
  expect(visitor.cookie).not.toBe(before)
  expect(await visitor.get('/')).toMatch(/Hello, Ada<[\s\S]*<strong>2<\/strong> views/)
})

test('a sign-out ends the session for whoever kept the cookie too', async () => {
  const visitor = new Visitor()
  await visitor.post('/sign-in', { name: 'Ada' })
  const thief = new Visitor()
  thief.cookie = visitor.cookie
  expect((await visitor.post('/sign-out')).status).toBe(303)
  expect(visitor.cookie).toBe('connect.sid=')
  expect(await thief.get('/')).toContain('Hello, stranger')
})

test('a name is shown as text, whatever is in it', async () => {
  const visitor = new Visitor()
  await visitor.post('/sign-in', { name: `<img src=x onerror='"&'>` })
  for (const page of [await visitor.get('/'), await visitor.get('/session')]) {
    expect(page).not.toContain('<img')
    expect(page).toContain('&lt;img')
  }
})

test.each(['', '   ', 'x'.repeat(41)])(
  'the name %j is refused with a reason beside the field',
  async name => {
    const response = await new Visitor().post('/sign-in', { name })
    expect(response.status).toBe(400)
    expect(await response.text()).toMatch(
      /<p id="problem" role="alert">[^<]+<[\s\S]*aria-describedby="problem"/,
    )
  },
)

test('the page of the session shows its data and its handle, and never its id', async () => {
  const visitor = new Visitor()
  await visitor.post('/sign-in', { name: 'Ada' })
  const page = await visitor.get('/session')
  const id = /s%3A([\w-]+)\./.exec(visitor.cookie)?.[1]
  expect(page).toContain('&quot;user&quot;: &quot;Ada&quot;')
  expect(page).toMatch(/<code>[\w-]{43}<\/code>/)
  expect(id).toHaveLength(32)
  expect(page).not.toContain(id)
})

test('a visitor who only looks at the session gets none', async () => {
  const visitor = new Visitor()
  expect(await visitor.get('/session')).toContain('Nothing is stored for you')
  expect(visitor.cookie).toBe('')
})

test('a page asks for nothing but what the demo serves', async () => {
  const page = await new Visitor().get('/')
  expect([...page.matchAll(/(?:href|src|action)="([^"]*)"/g)].map(match => match[1])).toEqual(
    expect.arrayContaining(['/style.css', '/sign-in']),
  )
  expect(page).not.toMatch(/(?:href|src|action)="(?!\/(?!\/)|data:,)/)
})

test('a page that is not there and a request that is too large are answered in plain words', async () => {
  const visitor = new Visitor()
  expect(await visitor.get('/nowhere')).toContain('There is no such page.')
  const response = await visitor.post('/sign-in', { name: 'x'.repeat(5000) })
  expect(response.status).toBe(413)
  expect(await response.text()).toContain('The request makes no sense.')
})
