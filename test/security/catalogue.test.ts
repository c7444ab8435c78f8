import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const here = new URL('./', import.meta.url)
const root = new URL('../../', import.meta.url)
const page = readFileSync(new URL('README.md', here), 'utf8')

/** How many cases each part of the catalogue has. */
const sizes = { A: 9, B: 10, C: 8, D: 8, E: 12, F: 11, G: 8, H: 6 }

interface Row {
  readonly id: string
  readonly state: string
  readonly proofs: readonly string[]
}

const rows: readonly Row[] = [...page.matchAll(/^\| ([A-H]\d+) \|[^|]+\| ([^|]+) \|([^|]*)\|$/gm)].map(
  ([, id = '', state = '', proofs = '']) => ({
    id,
    state,
    proofs: [...proofs.matchAll(/`([^`]+)`/g)].map(([, proof = '']) => proof),
  }),
)

test('the table has every case of the catalogue, once and in order', () => {
  const cases = Object.entries(sizes).flatMap(([part, size]) =>
    Array.from({ length: size }, (_value, index) => `${part}${index + 1}`),
  )
  expect(rows.map(({ id }) => id)).toEqual(cases)
})

test('a case that is proved, or in part, names its proof, and no other does', () => {
  for (const { id, state, proofs } of rows) {
    expect([id, proofs.length > 0]).toEqual([id, /^(proved|in part)/.test(state)])
  }
})

test('every proof is a file, and each of this folder has the case in a title', () => {
  for (const { id, proofs } of rows) {
    for (const proof of proofs) {
      const file = new URL(proof, proof.includes('/') ? root : here)
      expect([id, proof, existsSync(file)]).toEqual([id, proof, true])
      const isMarked = proof.includes('/') || marked(id).test(readFileSync(file, 'utf8'))
      expect([id, proof, isMarked]).toEqual([id, proof, true])
    }
  }
})

/** A case in brackets at the end of a title, alone or among others, or in the table that titles are made of. */
function marked(id: string): RegExp {
  return new RegExp(`[(, ']${id}[,)']`)
}
