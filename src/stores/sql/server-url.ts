import { SojournError } from '../../core/report/errors.ts'
import { isServer, optionsOf, type StoreUrl } from '../store-url.ts'

/** The parameters of a store's URL, by whom they are for. */
export interface Parameters {
  readonly store: readonly string[]
  readonly driver: readonly string[]
}

/** A URL for the driver, and the options for the store. */
export interface ServerUrl {
  readonly url: string
  readonly options: object
}

/**
 * Divides a store URL into one for the driver and the options of the store. Errors quote nothing of it.
 *
 * @throws SojournError `OPTION_INVALID`
 */
export function serverUrl(parsed: StoreUrl, { store, driver }: Parameters): ServerUrl {
  optionsOf(parsed, [...store, ...driver])
  const { scheme, place, parameters } = parsed
  const forDriver = new URLSearchParams([...parameters].filter(([name]) => driver.includes(name)))
  const url = `${scheme}:${place}${forDriver.size === 0 ? '' : `?${forDriver}`}`
  const isAddress = isServer(parsed) && URL.canParse(url)
  if (isAddress)
    return { url, options: Object.fromEntries([...parameters].filter(([name]) => store.includes(name))) }
  throw new SojournError(
    'OPTION_INVALID',
    `Expected an address such as '${scheme}://user:password@host/database' in a store URL, got something else. Write characters such as @ and / in a password as %40 and %2F.`,
  )
}
