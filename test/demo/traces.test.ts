import { EventEmitter } from 'node:events'
import express from 'express'
import { expect, test } from 'vitest'
import { Gate } from '../support/gate.ts'
import { serve } from '../support/servers.ts'

// Paths as text, because the type checker reads the demo in a project of its own.
const sources = ['tracing/traces.js', 'tracing/current-trace.js', 'trace-routes.js']
const [{ Traces }, { currentTrace }, { traceRoutes }] = await Promise.all(
  sources.map(source => import(`../../demo/${source}`)),
)

test('a request remembers the one before it, and not all before that', () => {
  const traces = new Traces('wayside')
  const [first, second, third] = [1, 2, 3].map(() => {
    const seen: ReturnType<typeof currentTrace>[] = []
    traces.follow({ method: 'GET', path: '/', headers: {} }, new EventEmitter(), () => {
      currentTrace().noteEvent('opened', 'a handle')
      seen.push(currentTrace())
    })
    return seen[0]
  })
  expect([third.before === second, second.before, first.before]).toEqual([true, undefined, undefined])
})

test('what a request has done is told when it is over, and not before', async () => {
  const traces = new Traces('wayside')
  const [asked, toldOf, gate] = [new Gate(), new Gate(), new Gate()]
  const app = express()
  app.use('/traces', (_request, _response, next) => {
    next()
    toldOf.open()
  })
  app.use('/traces', traceRoutes(traces)).use(traces.follow)
  let name = ''
  app.get('/', async (_request, response) => {
    name = currentTrace().id
    asked.open()
    await gate.passed
    response.end()
  })
  const origin = `http://127.0.0.1:${await serve(app)}`
  const page = fetch(origin)
  await asked.passed
  const told = fetch(`${origin}/traces/${name}/part`).then(response => response.text())
  await toldOf.passed
  gate.open()
  await page
  expect(await told).toContain('<dd>Not sent</dd>')
})
