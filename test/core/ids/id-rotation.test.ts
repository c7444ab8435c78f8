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

  test('a successor has the root of its predecessor, and the new secret alone behind it', () => {
    const rotation = rotationOf()
    const first = rotation.successorOf(root, secretOf(1))
    expect(first).toBe(`${root}~${secretOf(1)}`)
    expect(rotation.successorOf(first, secretOf(2))).toBe(`${root}~${secretOf(2)}`)
    expect(rootOf(rotation.successorOf(first, secretOf(2)))).toBe(root)
  })
})

describe('a session whose id was never changed', () => {
  test('has its first id and no other', () => {
    const rotation = rotationOf()
    expect(rotation.currentFor(root, undefined, begunAt)).toBe(root)
    expect(rotation.currentFor(`${root}~${secretOf(1)}`, undefined, begunAt)).toBeUndefined()
    expect(rotation.rotatedAt(undefined)).toBeUndefined()
  })
})

describe('a session whose id was changed', () => {
  test('the new id is its own, for ever', () => {
    const { rotation, ids, noted } = rotated(1)
    for (const now of [begunAt, begunAt + graceMs, begunAt + 1e12]) {
      expect(rotation.currentFor(ids[1]!, noted, now)).toBe(ids[1])
    }
    expect(rotation.rotatedAt(noted)).toBe(begunAt)
  })

  test('the old one leads to the new one for as long as nobody has brought that', () => {
    const { rotation, noted, ids } = rotated(1)
    expect(rotation.isUnused(noted)).toBe(true)
    expect(rotation.currentFor(root, noted, begunAt + 1e12)).toBe(ids[1])
  })

  test('and then until the very millisecond at which the grace is over', () => {
    const { rotation, ids, noted: unused } = rotated(1)
    const noted = rotation.beginGrace(unused, begunAt)
    expect(rotation.isUnused(noted)).toBe(false)
    expect(rotation.beginGrace(noted, begunAt + graceMs)).toBe(noted)
    expect(rotation.currentFor(root, noted, begunAt)).toBe(ids[1])
    expect(rotation.currentFor(root, noted, begunAt + graceMs - 1)).toBe(ids[1])
    expect(rotation.currentFor(root, noted, begunAt + graceMs)).toBeUndefined()
  })

  test('a request under way is led on, however long ago its id was given up', () => {
    const { rotation, noted, ids } = rotated(4)
    for (const id of ids) expect(rotation.currentForRequest(id, noted)).toBe(ids[4])
  })

  test('without a grace the old id leads nowhere once the new one is used', () => {
    const { rotation, noted } = rotated(1, 0)
    expect(rotation.currentFor(root, rotation.beginGrace(noted, begunAt), begunAt)).toBeUndefined()
  })

  test('an id that was given up before the last change leads over all changes to the one that counts', () => {
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

  test('no more than the latest four changes are noted, so that a record does not grow', () => {
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

describe('what is noted', () => {
  test('no id stands in it, nor half of one, so that a leaked database leads nobody', () => {
    const { noted, ids } = rotated(3)
    for (const id of ids) {
      expect(noted).not.toContain(id)
      expect(noted).not.toContain(id.slice(-32))
      expect(noted).not.toContain(Buffer.from(id).toString('base64url'))
    }
  })

  test('the same change is noted in another way each time', () => {
    const rotation = rotationOf()
    const change = { from: root, to: `${root}~${secretOf(1)}` }
    const hops = [1, 2].map(() => JSON.parse(rotation.note(undefined, change, begunAt)).hops[0].to)
    expect(hops[0]).not.toBe(hops[1])
  })

  test('under another cookie name it leads nobody', () => {
    const { noted, ids } = rotated(1)
    const other = new IdRotation('other.sid', graceMs)
    for (const id of ids) expect(other.currentForRequest(id, noted)).toBeUndefined()
  })

  test('a successor that was changed in the store is not followed', () => {
    const { rotation, noted } = rotated(1)
    const read = JSON.parse(noted)
    const { to } = read.hops[0]
    const flipped = `${to.slice(0, -2)}${to.at(-2) === 'A' ? 'B' : 'A'}${to.at(-1)}`
    for (const wrong of [flipped, to.slice(0, 20), '', '!', `${to}AAAA`]) {
      read.hops[0].to = wrong
      expect(rotation.currentForRequest(root, JSON.stringify(read))).toBeUndefined()
    }
  })

  test('changes that lead round in a circle end', () => {
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
  ])('%j, which nobody has noted, leads nobody and breaks nothing', noted => {
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

/** A session whose id was changed a few times, a millisecond apart, and all the ids that it has had. */
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
