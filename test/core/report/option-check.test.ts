import { expect, test } from 'vitest'
import { checkEach, isSwitch, oneOf } from '../../../src/core/report/option-check.ts'

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
])('%o is refused, and the message shows the given value', (options, message) => {
  const check = (): void => checkEach(options as object, checks)
  expect(check).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
  expect(check).toThrow(message)
})

test('one of several words must match exactly', () => {
  const { expected, accepts } = oneOf('keep', 'drop', false)
  expect(expected).toBe("'keep' or 'drop' or false")
  for (const value of ['keep', 'drop', false]) expect(accepts(value)).toBe(true)
  for (const value of ['Keep', 'keep ', '', 0, null, undefined, ['keep']]) expect(accepts(value)).toBe(false)
})

test('an option describes its value itself when that must not be shown', () => {
  const secret = { expected: 'a secret', accepts: () => false, describe: (value: unknown) => typeof value }
  const check = (): void => checkEach({ secret: 'hunter2' }, { secret })
  expect(check).toThrow('Expected `secret` to be a secret, got string.')
})

test('a caller that collects problems gets each one, with its option', () => {
  const told: string[] = []
  const options = { strict: 1, trust: true, proxy: 'yes' }
  checkEach(options, checks, (option, problem) => told.push(option) && expect(problem).toContain(option))
  expect(told).toEqual(['strict', 'trust', 'proxy'])
})

test('a value that is no object throws, even when the caller collects problems', () => {
  for (const options of [null, undefined, 'strict', 7]) {
    const check = (): void => checkEach(options as never, checks, () => expect.unreachable())
    expect(check).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
  }
})
