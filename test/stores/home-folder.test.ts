import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type OpenedStore, openStore } from 'sojourn'
import { lmdbStore } from 'sojourn/lmdb'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'

const home = mkdtempSync(join(tmpdir(), 'sojourn-lmdb-home-'))
let opened = 0

beforeAll(() => {
  vi.stubEnv('HOME', home)
  vi.stubEnv('USERPROFILE', home)
})

afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(home, { recursive: true, force: true })
})

/** @see Issue 13, point 4 */
describe('a path that begins with a tilde', () => {
  const waysToOpen: { readonly [way: string]: (path: string) => OpenedStore } = {
    'in a URL': path => openStore(`lmdb:${path}`),
    'as an option': path => lmdbStore({ path }),
  }

  test.each(Object.entries(waysToOpen))('begins in the home folder: %s', async (_way, open) => {
    opened += 1
    await open(`~/deep/${opened}`).close()
    expect(existsSync(join(home, 'deep', `${opened}`, 'data.mdb'))).toBe(true)
    expect(existsSync('~')).toBe(false)
  })

  test.each(Object.entries(waysToOpen))('is refused for the home of somebody else: %s', (_way, open) => {
    for (const path of ['~ada', '~ada/sessions']) {
      expect(() => open(path)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
      expect(() => open(path)).toThrow("in the home folder of this process's user, as in '~/sessions'")
      expect(existsSync('~ada')).toBe(false)
    }
  })

  test('is one of a folder whose name has a tilde elsewhere', async () => {
    const path = join(home, 'a~b', '~c')
    await lmdbStore({ path }).close()
    expect(existsSync(join(path, 'data.mdb'))).toBe(true)
  })
})
