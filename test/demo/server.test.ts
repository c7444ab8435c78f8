import { chmodSync, existsSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { Agent, get, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { serve } from '../support/servers.ts'
import { InstalledShop, type RunningShop } from './installed-shop.ts'
import { Visitor } from './visitor.ts'

const secret = 'a secret of thirty-two characters'
const open: RunningShop[] = []
let installed: InstalledShop

beforeAll(async () => {
  installed = await InstalledShop.install()
}, 60_000)

afterEach(async () => {
  await Promise.all(open.splice(0).map(shop => shop.close('SIGKILL')))
  rmSync(installed.settings, { force: true })
})

afterAll(() => installed?.remove())

async function openShop(environment: NodeJS.ProcessEnv = {}): Promise<RunningShop> {
  const shop = await installed.open({ SESSION_STORE: 'memory:', ...environment })
  open.push(shop)
  return shop
}

test('the shop says in one line where it is, where sessions are, and where the secret comes from', async () => {
  const shop = await openShop({ SESSION_SECRET: secret })
  const { output, code } = await shop.close()
  expect(output).toBe(
    `The shop is at http://localhost:${shop.port} (sessions in memory, secret from SESSION_SECRET of the environment)\n`,
  )
  expect(output).not.toContain('thirty-two')
  expect(code).toBe(0)
})

test('the first start makes a secret that only the owner can read, and the next one takes it', async () => {
  const first = await openShop()
  const made = readFileSync(installed.settings, 'utf8')
  const made32 = /^SESSION_SECRET=([\w-]{43})$/m.exec(made)?.[1] ?? 'none'
  expect(statSync(installed.settings).mode & 0o777).toBe(0o600)
  expect((await first.close()).output).not.toContain(made32)
  const second = await openShop()
  expect(second.output).toContain(`secret from ${join('demo', '.env')}`)
  expect(readFileSync(installed.settings, 'utf8')).toBe(made)
})

test('a file of settings without a secret is given one, and keeps what is in it', async () => {
  writeFileSync(installed.settings, 'SESSION_IDLE=7m', { mode: 0o600 })
  const shop = await openShop()
  expect(readFileSync(installed.settings, 'utf8')).toMatch(/^SESSION_IDLE=7m\nSESSION_SECRET=[\w-]{43}\n$/)
  expect(await new Visitor(shop.origin).get('/')).toContain('data-ms="420000"')
})

test('a secret that is set to nothing in the file is made, and the next start takes it', async () => {
  writeFileSync(installed.settings, 'SESSION_SECRET=\nPORT=\n', { mode: 0o600 })
  const first = await openShop()
  await first.close()
  const made = readFileSync(installed.settings, 'utf8')
  expect(made).toMatch(/^SESSION_SECRET=[\w-]{43}$/m)
  await openShop()
  expect(readFileSync(installed.settings, 'utf8')).toBe(made)
})

test('a link that leads nowhere is not followed when the secret is made', async () => {
  const elsewhere = join(installed.folder, 'elsewhere')
  symlinkSync(elsewhere, installed.settings)
  const { code, output } = await installed.fail({ SESSION_STORE: 'memory:' })
  expect([code, output.trimEnd().split('\n')]).toEqual([1, [expect.stringContaining('leads nowhere')]])
  expect(existsSync(elsewhere)).toBe(false)
})

test('a secret of the environment wins, and makes no file', async () => {
  await openShop({ SESSION_SECRET: secret })
  expect(() => statSync(installed.settings)).toThrow('ENOENT')
})

test('a file of settings that others can read is warned of', async () => {
  writeFileSync(installed.settings, `SESSION_SECRET=${secret}\n`)
  chmodSync(installed.settings, 0o644)
  const shop = await openShop()
  const { output } = await shop.close()
  expect(output).toContain(`chmod 600 ${join('demo', '.env')}`)
  expect(output).not.toContain('thirty-two')
})

test.each([
  ['PORT', '80a', 'PORT'],
  ['PORT', '65536', 'PORT'],
  ['SESSION_IDLE', '5 minutes', 'SESSION_IDLE'],
  ['SESSION_ABSOLUTE', '0h', 'SESSION_ABSOLUTE'],
  ['SESSION_SECRET', 'too short', 'SESSION_SECRET'],
])('%s=%s is refused in one line, without a stack', async (name, value, named) => {
  const { code, output } = await installed.fail({ SESSION_STORE: 'memory:', [name]: value })
  expect(code).toBe(1)
  expect(output.trimEnd().split('\n')).toEqual([expect.stringContaining(`Expected ${named}`)])
  expect(output).not.toContain('too short')
})

test.each([
  ['oracle://somebody:a-password@127.0.0.1', 'lmdb:'],
  ['nothing', 'store URL'],
  ['memory:?colour=red', 'maxRecords or maxBytes'],
  ['lmdb:/dev/null/sessions', '/dev/null/sessions'],
])('the store %s is refused in one line, without a password or a stack', async (url, named) => {
  const { code, output } = await installed.fail({ SESSION_STORE: url })
  expect(code).toBe(1)
  expect(output.trimEnd().split('\n')).toEqual([expect.stringContaining(named)])
  expect(output).not.toContain('a-password')
})

test('sessions are kept beside the shop when nobody says where, out of reach of others and of git', async () => {
  const shop = await openShop({ SESSION_STORE: undefined })
  await new Visitor(shop.origin).get('/')
  const data = join(installed.folder, 'demo', 'data')
  expect(shop.output).toContain('sessions in lmdb,')
  expect(existsSync(join(data, 'sessions', 'data.mdb'))).toBe(true)
  expect(statSync(join(data, 'sessions')).mode & 0o077).toBe(0)
  const ignored = readFileSync(join(installed.folder, 'demo', '.gitignore'), 'utf8')
  expect(ignored.split('\n')).toEqual(expect.arrayContaining(['.env', 'data/']))
})

test('a port that is taken is said in one line', async () => {
  const port = await serve((_request, response) => response.end())
  const { code, output } = await installed.fail({ SESSION_STORE: 'memory:', PORT: String(port) })
  expect(code).toBe(1)
  expect(output.trimEnd().split('\n')).toEqual([expect.stringContaining('EADDRINUSE')])
})

test.each(['SIGTERM', 'SIGINT'] as const)('%s ends the shop, whoever is still connected', async signal => {
  const shop = await openShop()
  await new Visitor(shop.origin).get('/')
  expect(await shop.close(signal)).toMatchObject({ code: 0 })
})

test('browsers that keep on asking do not keep the shop from closing', async () => {
  const shop = await openShop()
  const agent = new Agent({ keepAlive: true })
  let count = 0
  let farewells = 0
  const ask = async (): Promise<void> => {
    const { headers } = await answerOf(shop, agent)
    count += 1
    if (headers.connection === 'close') farewells += 1
    await ask()
  }
  const asking = Promise.allSettled(Array.from({ length: 20 }, ask))
  await expect.poll(() => count, { timeout: 20_000 }).toBeGreaterThan(100)
  const { code } = await shop.close()
  await asking
  agent.destroy()
  // The shop lets them go, and does not wait until it breaks off their connections.
  expect([code, farewells > 0]).toEqual([0, true])
})

/** Asks over a connection that was used before, as `fetch` cannot be told to. */
function answerOf({ port }: RunningShop, agent: Agent): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, agent }, response => {
      response
        .on('error', reject)
        .on('end', () => resolve(response))
        .resume()
    }).on('error', reject)
  })
}
