import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import Koa from 'koa'
import { createSessions } from 'sojourn/adapter'
import { type AdapterAnswer, type AdapterHarness, type AdapterSite, adapterContract } from 'sojourn/testing'
import { describe, expect, test } from 'vitest'
import { withSessions } from '../examples/fetch-adapter.ts'
import { koaSessions } from '../examples/koa-adapter.ts'

const harnesses: { readonly [framework: string]: AdapterHarness } = {
  fetch: { open: openFetch },
  Koa: { open: openKoa },
}

for (const [framework, harness] of Object.entries(harnesses)) {
  describe(`the example of an adapter for ${framework} keeps the contract`, () => {
    for (const clause of adapterContract(harness)) test(clause.name, () => clause.run())
  })
}

test('each example has forty lines or fewer', async () => {
  const { readFile } = await import('node:fs/promises')
  for (const name of ['fetch', 'koa']) {
    const text = await readFile(new URL(`../examples/${name}-adapter.ts`, import.meta.url), 'utf8')
    expect(text.trim().split('\n').length).toBeLessThanOrEqual(40)
  }
})

function openFetch({ options, routes }: AdapterSite) {
  const streams = new WeakSet<Response>()
  const isStream = (response: Response): boolean => streams.has(response)
  const handle = withSessions(
    createSessions(options),
    async (request, visit) => {
      const { pathname } = new URL(request.url)
      const { status, headers, body } = await routes[pathname]!(visit)
      const response = new Response(typeof body === 'string' ? body : ReadableStream.from(encoded(body)), {
        status,
        headers,
      })
      if (typeof body !== 'string') streams.add(response)
      return response
    },
    { isStream },
  )
  return {
    request: (path: string, init: RequestInit) => handle(new Request(`http://shop.example${path}`, init)),
  }
}

async function* encoded(chunks: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield Buffer.from(chunk)
}

async function openKoa({ options, routes }: AdapterSite) {
  const app = new Koa()
  app.silent = true
  app.use(koaSessions(createSessions(options))).use(async context => {
    const { status, headers, body }: AdapterAnswer = await routes[context.path]!(context as never)
    context.status = status
    context.set({ ...headers })
    context.body = typeof body === 'string' ? body : Readable.from(body)
  })
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    request: (path: string, init: RequestInit) => fetch(`http://127.0.0.1:${port}${path}`, init),
    close: () => void server.close().closeAllConnections(),
  }
}
