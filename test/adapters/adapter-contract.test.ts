import { adapterContract } from 'sojourn/testing'
import { describe, test } from 'vitest'
import { harnesses } from './adapter-harnesses.ts'

for (const [framework, harness] of Object.entries(harnesses)) {
  describe(`the middleware keeps the contract on ${framework}`, () => {
    for (const clause of adapterContract(harness)) test(clause.name, () => clause.run())
  })
}
