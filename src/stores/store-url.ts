import { SojournError } from '../core/report/errors.ts'

/** A store's URL, taken apart. */
export interface StoreUrl {
  readonly scheme: string
  /** What stands between the scheme and the parameters, as it was written. */
  readonly place: string
  readonly parameters: ReadonlyMap<string, string>
}

const shape = /^([a-z][a-z0-9+.-]*):([^?]*)(?:\?(.*))?$/is
const wholeNumber = /^\d+$/
/** On Windows a file is named with a slash that is no part of its path: `///C:/data`. */
const beforeDrive = /^\/(?=[a-z]:[\\/])/i

/**
 * Takes a store's URL apart. Nothing of it is quoted in an error, because any part of it may be a password.
 *
 * @throws SojournError `OPTION_INVALID` for what is no URL, and for a parameter that is given twice.
 */
export function parseStoreUrl(url: unknown): StoreUrl {
  const [, scheme, place = '', query = ''] = (typeof url === 'string' && shape.exec(url)) || []
  if (scheme !== undefined) return { scheme: scheme.toLowerCase(), place, parameters: parametersOf(query) }
  const got = typeof url === 'string' ? 'a string without a scheme' : `a value of type ${typeof url}`
  throw invalid(`a store URL such as 'lmdb:./data/sessions' or 'memory:'`, got)
}

/**
 * Answers the parameters as the options that they stand for.
 *
 * @throws SojournError `OPTION_INVALID` for one that is not known.
 */
export function optionsOf({ scheme, parameters }: StoreUrl, known: readonly string[]): object {
  for (const name of parameters.keys()) {
    if (known.includes(name)) continue
    throw invalid(`the parameters of \`${scheme}:\` to be ${known.join(' or ')}`, 'another one')
  }
  return Object.fromEntries([...parameters].map(([name, value]) => [name, optionOf(value)]))
}

/**
 * Answers the folder that a URL names, in the ways in which a file is named: `lmdb:./data`, `lmdb:/var/data`,
 * `lmdb:///var/data`.
 *
 * @throws SojournError `OPTION_INVALID` for none, and for a folder of another machine.
 */
export function folderOf({ scheme, place }: StoreUrl): string {
  const path = place.replace(/^\/\/(?=\/)/, '').replace(beforeDrive, '')
  const example = `\`${scheme}:\` to be followed by the path of a folder, as in '${scheme}:./data/sessions'`
  if (path === '') throw invalid(example, 'none')
  if (path.startsWith('//')) throw invalid(example, 'an address')
  try {
    return decodeURIComponent(path)
  } catch {
    throw invalid(example, 'a per cent sign without two digits behind it. Write it as %25')
  }
}

/**
 * Makes a store of what a URL says. What a wrong parameter was is left out of the error.
 *
 * @throws SojournError what the store throws when it is made
 */
export function withoutQuoting<Opened>({ parameters }: StoreUrl, open: () => Opened): Opened {
  try {
    return open()
  } catch (error) {
    if (!(error instanceof SojournError) || error.code !== 'OPTION_INVALID') throw error
    const [expected, name = ''] = /^Expected `(\w+)` to be .*?(?=, got )/s.exec(error.message) ?? []
    if (!parameters.has(name)) throw error
    throw new SojournError('OPTION_INVALID', `${expected}, got something else.`)
  }
}

function parametersOf(query: string): Map<string, string> {
  const parameters = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(query)) {
    if (parameters.has(name)) throw invalid('each parameter of a store URL once', 'one twice')
    parameters.set(name, value)
  }
  return parameters
}

function optionOf(value: string): string | number {
  return wholeNumber.test(value) ? Number(value) : value
}

function invalid(expected: string, got: string): SojournError {
  return new SojournError('OPTION_INVALID', `Expected ${expected}, got ${got}.`)
}
