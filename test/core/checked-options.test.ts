import { expect, test } from 'vitest'
import { checkEach, isSwitch } from '../../src/core/checked-options.ts'

const checks = { strict: isSwitch, proxy: isSwitch }

test.each([{}, { strict: true }, { strict: false, proxy: undefined }])('%o is accepted', options => {
  expect(() => checkEach(options, checks)).not.toThrow()
})

test.each([
  [{ strict: 'yes' }, "Expected `strict` to be true or false, got 'yes'."],
  [{ strict: null }, 'Expected `strict` to be true or false, got null.'],
  [{ trust: [] }, 'Expected only options that exist, got `trust`. There are: strict, proxy.'],
  [{ trust: undefined }, 'got `trust`'],
  [{ toString: true }, 'got `toString`'],
  [JSON.parse('{"__proto__": true}'), 'got `__proto__`'],
  [null, 'Expected the options to be an object, got null.'],
  ['strict', "Expected the options to be an object, got 'strict'."],
])('%o is refused, and the message says what was given', (options, message) => {
  const check = (): void => checkEach(options as object, checks)
  expect(check).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
  expect(check).toThrow(message)
})
