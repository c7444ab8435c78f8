import express from 'express'
import session, { passive } from 'sojourn'
import { fakeClock } from 'sojourn/testing'
import { expect, test } from 'vitest'
import { ask } from '../support/http-client.ts'
import { serve } from '../support/servers.ts'

const minute = 60_000

async function open(options: object = {}) {
  const clock = fakeClock()
  const app = express()
  app.use(session({ secret: 'a secret that only these tests know', clock, idle: '20m', ...options }))
  app.get('/', (request, response) => {
    Object.assign(request.session, { user: 'ada' })
    response.end()
  })
  app.get('/page', (request, response) => void response.end(String(Reflect.get(request.session, 'user'))))
  app.get(
    '/poll',
    passive(),
    (request, response) => void response.end(String(Reflect.get(request.session, 'user'))),
  )
  app.get('/status', (request, response) => void response.end(String(Reflect.get(request.session, 'user'))))
  const port = await serve(app)
  const { cookie } = await ask(port)
  return { clock, get: (path: string, headers = {}) => ask(port, path, { headers: { ...headers, cookie } }) }
}

test('a passive route reads the session, and does not prolong it', async () => {
  const { clock, get } = await open()
  for (let polls = 0; polls < 4; polls += 1) {
    expect((await get('/poll')).body).toBe('ada')
    clock.advance(5 * minute)
  }
  clock.advance(minute)
  expect((await get('/poll')).body).toBe('undefined')
})

test('any other route prolongs it', async () => {
  const { clock, get } = await open()
  for (let visits = 0; visits < 8; visits += 1) {
    expect((await get('/page')).body).toBe('ada')
    clock.advance(5 * minute)
  }
})

test('the option decides which requests are passive', async () => {
  const { clock, get } = await open({ passive: (request: { path: string }) => request.path === '/status' })
  for (let polls = 0; polls < 4; polls += 1) {
    expect((await get('/status')).body).toBe('ada')
    clock.advance(5 * minute)
  }
  clock.advance(minute)
  expect((await get('/page')).body).toBe('undefined')
})

test('a prefetch by the browser does not prolong the session', async () => {
  const { clock, get } = await open()
  for (let pages = 0; pages < 4; pages += 1) {
    expect((await get('/page', { 'sec-purpose': 'prefetch;prerender' })).body).toBe('ada')
    clock.advance(5 * minute)
  }
  clock.advance(minute)
  expect((await get('/page')).body).toBe('undefined')
})
