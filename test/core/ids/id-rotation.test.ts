import { describe, expect, test } from 'vitest'
import { IdRotation, isRotatedId, rootOf } from '../../../src/core/ids/id-rotation.ts'

const root = 'r'.repeat(32)
const begunAt = Date.UTC(2030, 0, 1)
const graceMs = 10_000

describe('the form of an id', () => {
  test.each([
    [`${root}~${'a'.repeat(32)}`, true],
    [`~${'a'.repeat(32)}`, true],
    [`a~b~${'-_09azAZ'.repeat(4)}`, true],
    [root, false],
    ['', false],
    [`${root}~${'a'.repeat(31)}`, false],
    [`${root}~${'a'.repeat(33)}`, false],
    [`${root}~${'a'.repeat(31)}.`, false],
    [`${root}~${'a'.repeat(32)}\n`, false],
    [`${root}-${'a'.repeat(32)}`, false],
    [`${root}~${'a'.repeat(32)}~${'a'.repeat(31)}.`, false],
  ])('%j is a rotated id: %s', (id, isRotated) => {
    expect(isRotatedId(id)).toBe(isRotated)
    expect(rootOf(id)).toBe(isRotated ? id.slice(0, -33) : id)
  })

  test('a successor has the root of its predecessor, followed by the new secret only', () => {
    const rotation = rotationOf()
    const first = rotation.successorOf(root, secretOf(1))
    expect(first).toBe(`${root}~${secretOf(1)}`)
    expect(rotation.successorOf(first, secretOf(2))).toBe(`${root}~${secretOf(2)}`)
    expect(rootOf(rotation.successorOf(first, secretOf(2)))).toBe(root)
  })
})

describe('a session that was never rotated', () => {
  test('has its first id and no other', () => {
    const rotation = rotationOf()
    expect(rotation.currentFor(root, undefined, begunAt)).toBe(root)
    expect(rotation.currentFor(`${root}~${secretOf(1)}`, undefined, begunAt)).toBeUndefined()
    expect(rotation.rotatedAt(undefined)).toBeUndefined()
  })
})

describe('a rotated session', () => {
  test('the new id is its present one, for ever', () => {
    const { rotation, ids, noted } = rotated(1)
    for (const now of [begunAt, begunAt + graceMs, begunAt + 1e12]) {
      expect(rotation.currentFor(ids[1]!, noted, now)).toBe(ids[1])
    }
    expect(rotation.rotatedAt(noted)).toBe(begunAt)
  })

  test('the old id leads to the new one until a visitor brings the new one', () => {
    const { rotation, noted, ids } = rotated(1)
    expect(rotation.isUnused(noted)).toBe(true)
    expect(rotation.currentFor(root, noted, begunAt + 1e12)).toBe(ids[1])
  })

  test('after that, the old id leads on until the exact millisecond at which the grace ends', () => {
    const { rotation, ids, noted: unused } = rotated(1)
    const noted = rotation.beginGrace(unused, begunAt)
    expect(rotation.isUnused(noted)).toBe(false)
    expect(rotation.beginGrace(noted, begunAt + graceMs)).toBe(noted)
    expect(rotation.currentFor(root, noted, begunAt)).toBe(ids[1])
    expect(rotation.currentFor(root, noted, begunAt + graceMs - 1)).toBe(ids[1])
    expect(rotation.currentFor(root, noted, begunAt + graceMs)).toBeUndefined()
  })

  test('a request under way gets the new id, however long ago its own was given up', () => {
    const { rotation, noted, ids } = rotated(4)
    for (const id of ids) expect(rotation.currentForRequest(id, noted)).toBe(ids[4])
  })

  test('without a grace the old id leads nowhere once the new one is used', () => {
    const { rotation, noted } = rotated(1, 0)
    expect(rotation.currentFor(root, rotation.beginGrace(noted, begunAt), begunAt)).toBeUndefined()
  })

  test('an id from several rotations ago leads to the present one', () => {
    const { rotation, noted, ids } = rotated(3)
    for (const id of ids) expect(rotation.currentFor(id, noted, begunAt)).toBe(ids[3])
    expect(rotation.rotatedAt(noted)).toBe(begunAt + 2)
  })

  test('each old id has a grace of its own', () => {
    const { rotation, noted: first, ids } = rotated(1)
    const third = `${root}~${secretOf(2)}`
    const second = rotation.note(rotation.beginGrace(first, begunAt), { from: ids[1]!, to: third }, begunAt)
    const noted = rotation.beginGrace(second, begunAt + 1)
    const now = begunAt + graceMs
    expect(rotation.currentFor(ids[0]!, noted, now)).toBeUndefined()
    expect(rotation.currentFor(ids[1]!, noted, now)).toBe(third)
    expect(rotation.currentFor(ids[1]!, noted, now + 1)).toBeUndefined()
  })

  test('only the latest four rotations are noted, so that a record does not grow', () => {
    const { rotation, noted, ids } = rotated(50)
    expect(rotation.currentForRequest(ids[45]!, noted)).toBeUndefined()
    for (const id of ids.slice(-5)) expect(rotation.currentForRequest(id, noted)).toBe(ids[50])
    expect(noted.length).toBeLessThan(1500)
  })

  test('an id that the session never had leads nowhere', () => {
    const { rotation, noted, ids } = rotated(2)
    for (const id of ['', root.slice(1), `${root}~${secretOf(9)}`, `${ids[2]}x`]) {
      expect(rotation.currentFor(id, noted, begunAt)).toBeUndefined()
      expect(rotation.currentForRequest(id, noted)).toBeUndefined()
    }
  })
})

describe('the note in the record', () => {
  test('contains no id, nor a half of one, so that a leaked database leads to no id', () => {
    const { noted, ids } = rotated(3)
    for (const id of ids) {
      expect(noted).not.toContain(id)
      expect(noted).not.toContain(id.slice(-32))
      expect(noted).not.toContain(Buffer.from(id).toString('base64url'))
    }
  })

  test('is different each time, even for the same rotation', () => {
    const rotation = rotationOf()
    const change = { from: root, to: `${root}~${secretOf(1)}` }
    const hops = [1, 2].map(() => JSON.parse(rotation.note(undefined, change, begunAt)).hops[0].to)
    expect(hops[0]).not.toBe(hops[1])
  })

  test('leads nowhere under another cookie name', () => {
    const { noted, ids } = rotated(1)
    const other = new IdRotation('other.sid', graceMs)
    for (const id of ids) expect(other.currentForRequest(id, noted)).toBeUndefined()
  })

  test('is not followed when the store has changed the successor', () => {
    const { rotation, noted } = rotated(1)
    const read = JSON.parse(noted)
    const { to } = read.hops[0]
    const flipped = `${to.slice(0, -2)}${to.at(-2) === 'A' ? 'B' : 'A'}${to.at(-1)}`
    for (const wrong of [flipped, to.slice(0, 20), '', '!', `${to}AAAA`]) {
      read.hops[0].to = wrong
      expect(rotation.currentForRequest(root, JSON.stringify(read))).toBeUndefined()
    }
  })

  test('ends when its rotations form a circle', () => {
    const rotation = rotationOf()
    const there = `${root}~${secretOf(1)}`
    let noted = rotation.note(undefined, { from: root, to: there }, begunAt)
    noted = rotation.note(noted, { from: there, to: root }, begunAt)
    const read = { ...JSON.parse(noted), current: 'nobody' }
    expect(rotation.currentForRequest(root, JSON.stringify(read))).toBeUndefined()
  })

  test.each([
    ...['', ' ', 'x', 'null', '1', '[]', '{}', '"a"', '{"current":1,"rotatedAt":1,"hops":[]}'],
    ...['{"current":"a","rotatedAt":"1","hops":[]}', '{"current":"a","rotatedAt":1,"hops":{}}'],
    ...['{"current":"a","rotatedAt":1,"hops":[null]}', '{"current":"a","rotatedAt":1,"hops":[{"from":"a"}]}'],
    '{"current":"a","rotatedAt":1,"hops":[{"from":"a","to":"b","until":null}]}',
  ])('leads nowhere and throws nothing when it is %j', noted => {
    const rotation = rotationOf()
    expect(rotation.currentFor(root, noted, begunAt)).toBeUndefined()
    expect(rotation.currentForRequest(root, noted)).toBeUndefined()
    expect(rotation.rotatedAt(noted)).toBeUndefined()
    const to = `${root}~${secretOf(1)}`
    expect(rotation.currentFor(root, rotation.note(noted, { from: root, to }, begunAt), begunAt)).toBe(to)
  })
})

function rotationOf(grace: number = graceMs): IdRotation {
  return new IdRotation('connect.sid', grace)
}

function secretOf(index: number): string {
  return String(index).padStart(32, 's')
}

/** A session after a few rotations, a millisecond apart, and all its ids. */
function rotated(times: number, grace: number = graceMs) {
  const rotation = rotationOf(grace)
  const ids = [root]
  let noted: string | undefined
  for (let index = 1; index <= times; index += 1) {
    const from = ids.at(-1)!
    const to = rotation.successorOf(from, secretOf(index))
    noted = rotation.note(noted, { from, to }, begunAt + index - 1)
    ids.push(to)
  }
  return { rotation, ids, noted: noted! }
}
