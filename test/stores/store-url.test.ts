import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SojournError } from '../../src/core/report/errors.ts'
import { folderOf, optionsOf, parseStoreUrl } from '../../src/stores/store-url.ts'

const password = 'p4ssw0rd'

describe('a URL that is taken apart', () => {
  test.each([
    ['memory:', { scheme: 'memory', place: '' }],
    ['lmdb:./data/sessions', { scheme: 'lmdb', place: './data/sessions' }],
    ['LMDB:./Data', { scheme: 'lmdb', place: './Data' }],
    ['lmdb:///var/data', { scheme: 'lmdb', place: '///var/data' }],
    ['redis://host:6379/0', { scheme: 'redis', place: '//host:6379/0' }],
    ['lmdb:with\na line', { scheme: 'lmdb', place: 'with\na line' }],
  ])('has a scheme and a place: %s', (url, expected) => {
    expect(parseStoreUrl(url)).toMatchObject(expected)
  })

  test('has parameters by name, decoded once', () => {
    const { parameters, place } = parseStoreUrl('lmdb:./data?durability=committed&a=b%20c&d=%2525&e=&f=x?y')
    expect(place).toBe('./data')
    expect([...parameters]).toEqual([
      ['durability', 'committed'],
      ['a', 'b c'],
      ['d', '%25'],
      ['e', ''],
      ['f', 'x?y'],
    ])
  })

  test('refuses a parameter that is given twice', () => {
    expect(() => parseStoreUrl('memory:?maxRecords=1&maxRecords=2')).toThrow(
      'Expected each parameter of a store URL once, got one twice.',
    )
  })
})

test.each([
  ['', 'a string without a scheme'],
  ['./data', 'a string without a scheme'],
  [`//user:${password}`.replace(':', '@'), 'a string without a scheme'],
  [':x', 'a string without a scheme'],
  ['1lmdb:x', 'a string without a scheme'],
  [undefined, 'a value of type undefined'],
  [null, 'a value of type object'],
  [42, 'a value of type number'],
  [new URL('lmdb:./data'), 'a value of type object'],
  [['lmdb:./data'], 'a value of type object'],
])('what is no URL is refused: %s', (url, got) => {
  const parsing = () => parseStoreUrl(url)
  expect(parsing).toThrow(SojournError)
  expect(parsing).toThrow(`Expected a store URL such as 'lmdb:./data/sessions' or 'memory:', got ${got}.`)
})

describe('the folder of a URL', () => {
  const folder = (url: string) => folderOf(parseStoreUrl(url))

  test.each([
    ['lmdb:data', 'data'],
    ['lmdb:./data/sessions', './data/sessions'],
    ['lmdb:../data', '../data'],
    ['lmdb:/var/data', '/var/data'],
    ['lmdb:///var/data', '/var/data'],
    ['lmdb:./with%20space', './with space'],
    ['lmdb:./with space', './with space'],
    ['lmdb:./100%25', './100%'],
    ['lmdb:./%3Fquestion', './?question'],
    ['lmdb:./data#1', './data#1'],
    ['lmdb:./a+b', './a+b'],
    ['lmdb:./Ä 漢字', './Ä 漢字'],
    ['lmdb:C:\\data\\sessions', 'C:\\data\\sessions'],
    ['lmdb:C:/data/sessions', 'C:/data/sessions'],
    ['lmdb:./data?durability=committed', './data'],
  ])('%s is %s', (url, expected) => {
    expect(folder(url)).toBe(expected)
  })

  test.each([
    ['lmdb:', 'got none'],
    ['lmdb:?durability=committed', 'got none'],
    [`lmdb://user:${password}@host/data`, 'got an address'],
    ['lmdb://host', 'got an address'],
    ['lmdb:////host/share', 'got an address'],
    [`lmdb:./${password}%`, 'got a per cent sign without two digits behind it. Write it as %25'],
    [`lmdb:./${password}%E0%A4%A`, 'got a per cent sign without two digits behind it. Write it as %25'],
  ])('is refused where there is none: %s', (url, got) => {
    expect(() => folder(url)).toThrow(SojournError)
    expect(() => folder(url)).toThrow(got)
    expect(() => folder(url)).not.toThrow(password)
  })

  test('a Windows folder as a file is named there loses the slash before its drive', () => {
    expect(folder('lmdb:///C:/data/sessions')).toBe('C:/data/sessions')
  })
})

describe('the options of a URL', () => {
  const options = (url: string) => optionsOf(parseStoreUrl(url), ['maxRecords', 'maxBytes'])

  test('are numbers where they look like whole numbers, and text otherwise', () => {
    expect(options('memory:?maxRecords=10&maxBytes=a1')).toEqual({ maxRecords: 10, maxBytes: 'a1' })
    expect(options('memory:?maxRecords=-1')).toEqual({ maxRecords: '-1' })
    expect(options('memory:?maxRecords=')).toEqual({ maxRecords: '' })
    expect(options('memory:')).toEqual({})
  })

  test('refuse a name that nobody knows, and list those that are known', () => {
    expect(() => options('memory:?maxrecords=10')).toThrow(
      'Expected the parameters of `memory:` to be maxRecords or maxBytes, got another one.',
    )
  })

  test('never give an object another prototype', () => {
    expect(() => options('memory:?__proto__=1')).toThrow(SojournError)
    const known = optionsOf(parseStoreUrl('memory:?__proto__=1'), ['__proto__'])
    expect(Object.getPrototypeOf(known)).toBe(Object.prototype)
  })
})

test('any text ends in a URL or in an error of ours', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string().map(rest => `lmdb:${rest}`),
  )
  fc.assert(
    fc.property(texts, text => {
      try {
        folderOf(parseStoreUrl(text))
      } catch (error) {
        expect(error).toBeInstanceOf(SojournError)
      }
    }),
    { numRuns: 1000 },
  )
})

test('text of any length is taken apart in a moment', () => {
  expect(parseStoreUrl(`a${'a+'.repeat(500_000)}:`).place).toBe('')
  expect(() => parseStoreUrl('a+'.repeat(500_000))).toThrow(SojournError)
})
