import { openStore } from 'sojourn'
import { expect, test } from 'vitest'

const secret = 'SECRET-of-nobody'

/** @see Issue 13, point 13 */
test.each([
  `${secret}:`,
  `${secret}://user:password@host`,
  `memory:${secret}`,
  `memory:?maxRecords=${secret}`,
  `memory:?maxBytes=${secret}`,
  `memory:?${secret}=1`,
  `memory:?${secret}=1&${secret}=2`,
  `memory:?maxRecords=1, got ${secret}`,
  `lmdb:./nothing?durability=${secret}`,
  `lmdb:./nothing?${secret}`,
  `lmdb:${secret}%00`,
  `lmdb:~${secret}/nothing`,
  `lmdb://${secret}/nothing`,
  `lmdb:${secret}%`,
  `postgres:${secret}`,
  `postgres://user:${secret}@`,
  `postgres://user:p@ss/${secret}@host:port/db`,
  `postgres://host/db?${secret}=1`,
  `postgres://host/db?prefix=${secret}-`,
  `mysql://host/db?adopt=${secret}`,
  `sqlite:./nothing?durability=${secret}`,
  `redis://user:${secret}`,
  `redis://user:${secret}@host:port`,
  `redis://user:${secret}%@host`,
  `redis://host/${secret}`,
  `redis://${secret}:1,host:2`,
  `redis://host?${secret}`,
  `redis://host?replicas=${secret}`,
  `redis://host?prefix=${secret}${'x'.repeat(300)}`,
  `redis://host?adopt=${secret}`,
  `redis://host?adopt=connect-redis&adoptUntil=${secret}`,
  `redis://host?driver=${secret}`,
  `redis+sentinel://${secret}`,
  `redis+cluster://host/${secret}`,
])('no message quotes a part of a URL: %s', url => {
  const opening = (): unknown => openStore(url)
  expect(opening).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
  expect(opening).toThrow(expect.objectContaining({ message: expect.not.stringMatching(/secret/i) }))
  expect(opening).toThrow(/^Expected .+\.$/)
})

test('what is wrong is said all the same', () => {
  expect(() => openStore('memory:?maxRecords=many')).toThrow(
    /^Expected `maxRecords` to be a .*, got something else\.$/,
  )
  expect(() => openStore('lmdb:./nothing?durable=yes')).toThrow(
    'Expected the parameters of `lmdb:` to be durability, got another one.',
  )
  expect(() => openStore('oracle://host')).toThrow(/got one that begins otherwise\.$/)
})
