import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, test } from 'node:test'
import { original, subject } from './environment.mjs'

const bun = join(original, 'node_modules', '@oven', 'bun-linux-x64', 'bin', 'bun')
const absence = existsSync(bun) ? false : 'Bun is not there for this machine: nothing is proved about it'

const kinds = [undefined, 4, 5].flatMap(express => ['memory', 'late'].map(store => ({ express, store })))

describe("Bun's node:http: the original", { skip: absence }, () => describeOn(original))
describe("Bun's node:http: the moved project", { skip: absence }, () => describeOn(subject))

function describeOn(project) {
  for (const kind of kinds) {
    describe(`${kind.express ? `Express ${kind.express}` : 'no framework'}, ${kind.store} store`, () => {
      const server = {}
      before(async () => Object.assign(server, await startServer(project, kind)))
      after(() => server.stop())

      test('a first sign-in has its body and its cookie', () => signIn(server.origin))
      test('a streamed body is whole, with the cookie in its head', () => stream(server.origin))
      if (kind.express) test('a redirect has its location and the cookie', () => redirect(server.origin))
    })
  }
}

async function signIn(origin) {
  const first = await ask(`${origin}/sign-in`)
  assert.deepEqual([first.status, first.body, first.names], [201, 'signed in', ['connect.sid']])
  const second = await ask(`${origin}/`, first.cookie)
  assert.deepEqual([second.status, second.body], [200, 'ada'])
}

async function stream(origin) {
  const { status, body, names } = await ask(`${origin}/stream`)
  assert.deepEqual([status, body, names], [200, 'one, two', ['connect.sid']])
}

async function redirect(origin) {
  const { status, location, names } = await ask(`${origin}/redirect`)
  assert.deepEqual([status, location, names], [302, '/', ['connect.sid']])
}

async function ask(url, cookie) {
  const response = await fetch(url, { redirect: 'manual', headers: cookie ? { cookie } : {} })
  const pairs = response.headers.getSetCookie().map(line => line.split(';', 1)[0])
  const names = pairs.map(pair => pair?.split('=', 1)[0])
  const { status } = response
  const location = response.headers.get('location')
  return { status, location, body: await response.text(), names, cookie: pairs.join('; ') }
}

async function startServer(project, kind) {
  const file = join(project, 'neighbours', 'bun-server.js')
  const child = spawn(bun, [file, JSON.stringify(kind)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [port] = await once(createInterface(child.stdout), 'line')
  return { origin: `http://127.0.0.1:${port}`, stop: () => child.kill() }
}
