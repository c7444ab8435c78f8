import { AssertionError } from 'node:assert'
import {
  fakeClock,
  type StoreBench,
  type StoreClause,
  type StoreHarness,
  type StorePower,
  storeContract,
} from 'sojourn/testing'
import { describe, expect, test } from 'vitest'
import { PlainStore, type Wrong } from './plain-store.ts'
import { wrongStores } from './wrong-stores.ts'

const harness: StoreHarness = {
  powers: ['enumerate', 'sweep', 'subjects', 'leases', 'readsAtOnce', 'repeats'],
  open: () => benchOf(),
}
const contract = storeContract(harness)
const declaration = 'the store has exactly the powers that the harness declares'

describe('an honest store keeps the contract', () => {
  for (const clause of contract) test(clause.name, () => clause.run())
})

describe('each clause is seen to fail', () => {
  for (const { name } of contract) {
    test(name, async () => {
      const clause = clauseNamed(name, { ...harness, open: () => benchOf(wrongStores[name]) })
      await expect(clause.run()).rejects.toThrow(AssertionError)
    })
  }

  test('there is a wrong store for every clause, and none without one', () => {
    expect(Object.keys(wrongStores).toSorted()).toEqual(contract.map(({ name }) => name).toSorted())
  })
})

describe('the contract', () => {
  test('no two clauses share a name', () => {
    expect(new Set(contract.map(({ name }) => name)).size).toBe(contract.length)
  })

  test('a store without further powers gets the clauses of the five verbs alone', () => {
    const names = storeContract({ open: harness.open }).map(({ name }) => name)
    expect(
      names.filter(name =>
        /^(records|sweep|two concurrent sweeps)|ofSubject|epochOf|exchangeEpoch|endBelow|[lL]ease/.test(name),
      ),
    ).toEqual([])
    expect(names.length).toBeGreaterThan(40)
  })

  test('a power that the store has and the harness does not declare is a broken clause', async () => {
    const clause = clauseNamed(declaration, { open: harness.open })
    await expect(clause.run()).rejects.toThrow('`records`')
  })

  test('each power that is there and not declared is a broken clause', async () => {
    const powers = harness.powers ?? []
    for (const power of powers.filter(each => each !== 'repeats')) {
      const others = powers.filter(each => each !== power)
      const under: StoreHarness = { powers: others, open: harness.open }
      await expect(clauseNamed(declaration, under).run()).rejects.toThrow(`\`${power}\``)
    }
  })

  test.each([
    ['subjects', ['ofSubject', 'epochOf', 'exchangeEpoch', 'endBelow']],
    ['leases', ['acquireLease', 'holdsLease', 'releaseLease']],
  ] as const)(
    'a store that has some methods of the power %s and not the others breaks a clause',
    async (power, methods) => {
      const declared = harness.powers ?? []
      for (const missing of methods) {
        for (const powers of [declared, declared.filter(each => each !== power)]) {
          const under: StoreHarness = { powers, open: () => benchOf(() => ({ [missing]: undefined })) }
          await expect(clauseNamed(declaration, under).run()).rejects.toThrow(`of \`${power}\``)
        }
      }
    },
  )

  test('a power that needs another brings its clauses only with that one', () => {
    const namesWith = (...powers: StorePower[]) =>
      storeContract({ powers, open: harness.open }).map(({ name }) => name)
    expect(namesWith('subjects')).not.toContain('records streams no epoch')
    expect(namesWith('enumerate')).not.toContain('records streams no epoch')
    expect(namesWith('subjects', 'enumerate')).toContain('records streams no epoch')
    expect(namesWith('leases')).not.toContain('records streams no lease')
    expect(namesWith('leases', 'enumerate')).toContain('records streams no lease')
  })

  test('a store that loses one field of a record, or keeps one of an earlier record, breaks a clause', async () => {
    const facts = ['createdAt', 'touchedAt', 'device', 'subject', 'authenticatedAt', 'epoch', 'rotation']
    for (const field of facts) {
      const losing: Wrong = honest => ({
        create: record => honest.create({ ...record, [field]: undefined }),
      })
      const keeping: Wrong = honest => ({
        replace(record, version) {
          const before = Reflect.get(honest.load(record.key) ?? {}, field)
          return honest.replace({ ...record, [field]: before }, version)
        },
      })
      const created = { ...harness, open: () => benchOf(losing) }
      const replaced = { ...harness, open: () => benchOf(keeping) }
      const ofCreation = clauseNamed('every field of a record comes back as it was', created)
      const ofReplacement = contract.find(({ name }) => name.startsWith('every field of a replacement'))
      const clause = clauseNamed(ofReplacement?.name ?? '', replaced)
      await expect(ofCreation.run(), field).rejects.toThrow(AssertionError)
      await expect(clause.run(), field).rejects.toThrow(AssertionError)
    }
  })

  test('a power that the harness declares and the store does not have is a broken clause', async () => {
    const withoutPowers: StoreHarness = {
      powers: ['enumerate', 'sweep', 'subjects', 'leases'],
      open: () =>
        benchOf(() => ({
          ...{ records: undefined, sweep: undefined, traits: undefined },
          ...{ ofSubject: undefined, holdsLease: undefined },
        })),
    }
    for (const name of [
      'records streams nothing from an empty store',
      'two concurrent sweeps count no record twice',
      'ofSubject answers an empty list for a subject without a session',
      'acquireLease lends a free name',
    ]) {
      await expect(clauseNamed(name, withoutPowers).run()).rejects.toThrow('Expected a store with the power')
    }
  })

  test('each clause opens a store of its own, and closes it when the clause fails too', async () => {
    const events: string[] = []
    const watched: StoreHarness = {
      open() {
        events.push('open')
        return { ...benchOf(() => ({ load: () => undefined })), close: () => void events.push('close') }
      },
    }
    const [first, second] = storeContract(watched)
    await expect(first?.run()).rejects.toThrow(AssertionError)
    await expect(second?.run()).rejects.toThrow(AssertionError)
    expect(events).toEqual(['open', 'close', 'open', 'close'])
  })

  test('a store that fails is a failed clause, and the error is passed on', async () => {
    const failing: StoreHarness = {
      open: () => benchOf(() => ({ create: () => Promise.reject(new Error('offline')) })),
    }
    await expect(storeContract(failing)[0]?.run()).rejects.toThrow('offline')
  })
})

function benchOf(wrong: (honest: PlainStore) => object = () => ({})): StoreBench {
  const clock = fakeClock()
  const now = () => clock.now()
  const honest = new PlainStore(now)
  const open = () => Object.assign(new PlainStore(now, honest), wrong(honest))
  const loseAnswer = (): void => undefined
  return { store: open(), peer: open, loseAnswer, now, advance: spanMs => clock.advance(spanMs) }
}

function clauseNamed(name: string, under: StoreHarness): StoreClause {
  const clause = storeContract(under).find(each => each.name === name)
  if (clause === undefined) throw new Error(`There is no clause '${name}'.`)
  return clause
}
