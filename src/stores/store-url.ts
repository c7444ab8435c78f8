import { SojournError } from '../core/report/errors.ts'

/** A parsed store URL. */
export interface StoreUrl {
  readonly scheme: string
  /** The text between the scheme and the parameters, not decoded. */
  readonly place: string
  readonly parameters: ReadonlyMap<string, string>
}

const shape = /^([a-z][a-z0-9+.-]*):([^?]*)(?:\?(.*))?$/is
/** Hosts, and a database behind one slash. A password with an unescaped sign in it would be taken for these. */
const serverShape = /^\/\/(?:[^/@]*@)?[^/@]+(?:\/[^/@:]*)?$/
const wholeNumber = /^\d+$/
/** A URL of a Windows file has a slash that is not part of the path: `///C:/data`. */
const beforeDrive = /^\/(?=[a-z]:[\\/])/i

/**
 * Parses a store URL. Errors quote nothing of it, because any part of it may be a password.
 *
 * @throws SojournError `OPTION_INVALID` when it is no URL, and when it gives a parameter twice.
 */
export function parseStoreUrl(url: unknown): StoreUrl {
  const [, scheme, place = '', query = ''] = (typeof url === 'string' && shape.exec(url)) || []
  if (scheme !== undefined) return { scheme: scheme.toLowerCase(), place, parameters: parametersOf(query) }
  const got = typeof url === 'string' ? 'a string without a scheme' : `a value of type ${typeof url}`
  throw invalid(`a store URL such as 'lmdb:./data/sessions' or 'memory:'`, got)
}

/**
 * Answers the parameters as options of the store.
 *
 * @throws SojournError `OPTION_INVALID` for an unknown parameter.
 */
export function optionsOf({ scheme, parameters }: StoreUrl, known: readonly string[]): object {
  for (const name of parameters.keys()) {
    if (known.includes(name)) continue
    throw invalid(`the parameters of \`${scheme}:\` to be ${known.join(' or ')}`, 'another one')
  }
  return Object.fromEntries([...parameters].map(([name, value]) => [name, optionOf(value)]))
}

/** Whether a URL names a server: hosts, a login before them and a database behind them where it has one. */
export function isServer({ place }: StoreUrl): boolean {
  return serverShape.test(place)
}

/**
 * Answers the folder that a URL names: `lmdb:./data`, `lmdb:/var/data` or `lmdb:///var/data`.
 *
 * @throws SojournError `OPTION_INVALID` when there is none, and for a folder on another machine.
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
 * Makes a store from a URL, and leaves the value of a wrong parameter out of the error.
 *
 * @throws SojournError whatever the store throws when it is made
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
