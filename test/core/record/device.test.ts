import { describe, expect, test } from 'vitest'
import { type AddressDetail, describeDevice, parseDevice } from '../../../src/core/record/device.ts'

describe('the user agent', () => {
  test.each([
    ['Mozilla/5.0 (X11; Linux x86_64)', 'Mozilla/5.0 (X11; Linux x86_64)'],
    ['Bröwser 🐎', 'Bröwser 🐎'],
    ['one\r\ntwo\u0000\u001b[31m\u2028three\u2029\u0085', 'onetwo[31mthree'],
    ['Bro\u202e0.1/resw\u202c \u2066a\u2069\u200e\u200f\u061c', 'Bro0.1/resw a'],
    ['half \ud83d of a character \udc0e', 'half  of a character '],
    ['"quoted" \\', '"quoted" \\'],
  ])('%j is kept as %j', (userAgent, kept) => {
    expect(parseDevice(describeDevice({ userAgent }, 'whole'))).toEqual({ userAgent: kept })
  })

  test('the first 256 characters are kept, without half a character at the end', () => {
    expect(parseDevice(describeDevice({ userAgent: 'x'.repeat(100_000) }, 'whole'))).toEqual({
      userAgent: 'x'.repeat(256),
    })
    const cut = parseDevice(describeDevice({ userAgent: `${'x'.repeat(255)}🐎` }, 'whole'))
    expect(cut).toEqual({ userAgent: 'x'.repeat(255) })
  })

  test.each([undefined, '', 7, null, {}, ['a'], true])('%j is ignored', userAgent => {
    expect(describeDevice({ userAgent: userAgent as never }, 'whole')).toBeUndefined()
  })
})

describe('an address', () => {
  test.each<[string, string, string]>([
    ['192.0.2.7', '192.0.2.7', '192.0.2.0/24'],
    ['::ffff:192.0.2.7', '192.0.2.7', '192.0.2.0/24'],
    ['::FFFF:192.0.2.7', '192.0.2.7', '192.0.2.0/24'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2:3:4:5:6', '2001:db8:1::/48'],
    ['2001:db8::6', '2001:db8::6', '2001:db8:0::/48'],
    ['2001::3:4:5:6:7', '2001::3:4:5:6:7', '2001:0:0::/48'],
    ['2001:db8:1::', '2001:db8:1::', '2001:db8:1::/48'],
    ['2001:db8::', '2001:db8::', '2001:db8:0::/48'],
    ['64:ff9b::192.0.2.7', '64:ff9b::192.0.2.7', '64:ff9b:0::/48'],
    ['1:2:3:4:5:6:192.0.2.7', '1:2:3:4:5:6:192.0.2.7', '1:2:3::/48'],
    ['::1', '::1', '0:0:0::/48'],
    ['::', '::', '0:0:0::/48'],
    ['fe80::1%eth0', 'fe80::1%eth0', 'fe80:0:0::/48'],
    ['fe80::1:2:3:4%a:b:c', 'fe80::1:2:3:4%a:b:c', 'fe80:0:0::/48'],
  ])('%s is %s whole and %s truncated', (address, whole, truncated) => {
    expect(parseDevice(describeDevice({ address }, 'whole'))).toEqual({ address: whole })
    expect(parseDevice(describeDevice({ address }, 'truncated'))).toEqual({ address: truncated })
    expect(describeDevice({ address }, 'none')).toBeUndefined()
  })

  test.each([
    ...[undefined, '', 'localhost', '192.0.2', '192.0.2.256', '192.0.2.7:80', '[::1]', '192.0.2.7, 10.0.0.1'],
    ...['::ffff:300.1.1.1', 'a\r\nb', '<script>', 7, null, {}, ['192.0.2.7']],
  ])('%j is ignored', address => {
    for (const detail of ['whole', 'truncated', 'none'] satisfies AddressDetail[]) {
      expect(describeDevice({ address: address as never }, detail)).toBeUndefined()
    }
  })

  test('it may be missing when the browser is known', () => {
    const device = { userAgent: 'Browser/1.0', address: '192.0.2.7' }
    expect(parseDevice(describeDevice(device, 'whole'))).toEqual(device)
    expect(parseDevice(describeDevice(device, 'none'))).toEqual({ userAgent: 'Browser/1.0' })
  })
})

describe('an invalid device from a store', () => {
  test.each([
    ...[undefined, '', 'x', 'null', '1', '"text"', '[]', '{}', '{"userAgent":7,"address":{}}'],
    ...['{"userAgent":', '{"__proto__":{"userAgent":"x"}}'],
  ])('%j is ignored', text => {
    expect(parseDevice(text)).toEqual({})
  })

  test('a name in it has no characters that change how the text around it is shown', () => {
    const text = JSON.stringify({ userAgent: 'a\u202eb\nc' })
    expect(parseDevice(text)).toEqual({ userAgent: 'abc' })
  })

  test('only the known fields of a device are read', () => {
    const text = '{"userAgent":"Browser/1.0","address":7,"password":"x"}'
    expect(parseDevice(text)).toEqual({ userAgent: 'Browser/1.0' })
  })
})
