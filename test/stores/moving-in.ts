import { createHmac } from 'node:crypto'
import { type RecordStore, session } from 'sojourn'
import { describe, expect, test } from 'vitest'
import { type Listener, plain, type Route } from '../support/application.ts'
import { serve } from '../support/servers.ts'
import { oldShop } from './redis/old-shop.ts'

/** Sessions that a published package has written, and a store that takes them over. */
export interface MovingIn {
  /** A store of the published package. */
  old(): object
  /** A store of Sojourn on the same database; without the option, it takes over no sessions. */
  fresh(adoptUntil?: Date): RecordStore
  /** How many sessions the old table has. */
  leftOver(): Promise<number>
}

const secret = 'a secret that both of them have had'
const tomorrow = new Date(Date.now() + 86_400_000)
const ada = JSON.stringify({ user: 'ada', cart: ['tea'] })
const nobody = JSON.stringify({})

/** Signs in who has not, and says who is there. */
const shop: Route = ({ url, session: visited }, response) => {
  if (url === '/in') Object.assign(visited, { user: 'ada', cart: ['tea'] })
  if (url === '/out') {
    visited.destroy(() => response.end('out'))
    return
  }
  visited['seen'] = Number(visited['seen'] ?? 0) + (url === '/look' ? 0 : 1)
  response.end(JSON.stringify({ user: visited['user'], cart: visited['cart'] }))
}

/** Proves that whoever was signed in with a published package stays signed in. */
export function tellOfMovingIn(moving: () => MovingIn): void {
  const newShop = (adoptUntil?: Date): Promise<number> =>
    serve(
      plain(
        session({
          secret,
          store: moving().fresh(adoptUntil),
          cookie: { maxAge: 3_600_000 },
          deadline: '40s',
        }),
        shop,
      ) as Listener,
    )
  const signedInBefore = async (): Promise<string> =>
    (await ask(await serve(oldShop(moving().old(), secret, shop)), '/in')).cookie

  describe('sessions that the published package has written', () => {
    test('go on, and have one session in one place', async () => {
      const cookie = await signedInBefore()
      const before = await moving().leftOver()
      const port = await newShop(tomorrow)
      expect((await ask(port, '/look', cookie)).said).toBe(ada)
      expect(await moving().leftOver()).toBe(before - 1)
      expect((await ask(port, '/', cookie)).said).toBe(ada)
    })

    test('are moved once when many requests of two applications bring them at the same time', async () => {
      const cookies = await Promise.all(Array.from({ length: 10 }, signedInBefore))
      const before = await moving().leftOver()
      const ports = [await newShop(tomorrow), await newShop(tomorrow)]
      const asked = cookies.flatMap(cookie =>
        Array.from({ length: 10 }, (_, index) => ask(ports[index % 2] ?? 0, '/', cookie)),
      )
      expect(new Set((await Promise.all(asked)).map(({ said }) => said))).toEqual(new Set([ada]))
      expect(await moving().leftOver()).toBe(before - 10)
    })

    test('that were ended stay ended', async () => {
      const cookie = await signedInBefore()
      const port = await newShop(tomorrow)
      await ask(port, '/out', cookie)
      expect((await ask(port, '/look', cookie)).said).toBe(nobody)
      expect((await ask(await serve(oldShop(moving().old(), secret, shop)), '/look', cookie)).said).toBe(
        nobody,
      )
    })

    test('stay where they are without the option, and after its time', async () => {
      const cookie = await signedInBefore()
      const before = await moving().leftOver()
      expect((await ask(await newShop(), '/look', cookie)).said).toBe(nobody)
      expect((await ask(await newShop(new Date(0)), '/look', cookie)).said).toBe(nobody)
      expect(await moving().leftOver()).toBe(before)
    })

    test('are not found by an id that nobody has signed', async () => {
      const forged = encodeURIComponent(
        `s:guess.${createHmac('sha256', 'another').update('guess').digest('base64')}`,
      )
      expect((await ask(await newShop(tomorrow), '/look', `connect.sid=${forged}`)).said).toBe(nobody)
    })
  })
}

async function ask(port: number, path: string, cookie = ''): Promise<{ cookie: string; said: string }> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { cookie } })
  const [set = cookie] = answer.headers.getSetCookie()
  return { cookie: set.split(';', 1).join(), said: await answer.text() }
}
