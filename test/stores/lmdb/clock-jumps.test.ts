import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lmdbStore } from 'sojourn/lmdb'
import { fakeClock } from 'sojourn/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { recordWith } from './record-with.ts'

const folder = mkdtempSync(join(tmpdir(), 'sojourn-lmdb-jumps-'))
const minute = 60_000
const hour = 60 * minute
let opened = 0

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** A store with a hundred live sessions, which has been open for a while. */
async function openWithSessions() {
  opened += 1
  const clock = fakeClock()
  const store = lmdbStore({ path: join(folder, `${opened}`), clock })
  const signIn = (key: string) => store.create(recordWith({ key, expiresAt: clock.now() + hour }))
  for (let index = 0; index < 100; index += 1) await signIn(`live-${index}`)
  clock.advance(11 * minute)
  const live = () => [...store.records()].filter(({ key }) => key.startsWith('live-')).length
  return { clock, store, signIn, live }
}

/** @see Issue 13, point 11 */
describe('a clock that jumps ahead for a moment', () => {
  test.each([
    ['a day', 24 * hour],
    ['a century', 876_000 * hour],
  ])('costs nobody the session, whoever signs in meanwhile: %s', async (_span, ahead) => {
    const { clock, store, signIn, live } = await openWithSessions()
    for (let jump = 0; jump < 3; jump += 1) {
      await signIn(`before-${jump}`)
      clock.jump(ahead)
      for (let index = 0; index < 30; index += 1) await signIn(`${jump}-${index}`)
      clock.advance(minute)
      await signIn(`later-${jump}`)
      clock.jump(-ahead)
      expect(live()).toBe(100)
      clock.advance(11 * minute)
      await signIn(`after-${jump}`)
      expect(live()).toBe(100)
    }
    await store.close()
  })

  test('costs nobody the session in a process that starts in that moment', async () => {
    const { clock, store, live } = await openWithSessions()
    clock.jump(24 * hour)
    const other = lmdbStore({ path: join(folder, `${opened}`), clock })
    for (let index = 0; index < 30; index += 1)
      await other.create(recordWith({ key: `${index}`, expiresAt: clock.now() + hour }))
    clock.jump(-24 * hour)
    expect(live()).toBe(100)
    await Promise.all([store.close(), other.close()])
  })
})

test('what has been over for a while is removed by those who sign in, also after the clock was set ahead for good', async () => {
  const { clock, store, signIn } = await openWithSessions()
  const names = () => [...store.records()].length
  clock.jump(24 * hour)
  await signIn('first')
  clock.advance(11 * minute)
  for (let index = 0; index < 30; index += 1) await signIn(`next-${index}`)
  clock.jump(-24 * hour)
  expect(names()).toBe(31)
  await store.close()
})

test('a store that was closed leaves no timer behind', async () => {
  const { clock, store, signIn } = await openWithSessions()
  await signIn('a')
  await store.close()
  expect(clock.waiting).toBe(0)
})
