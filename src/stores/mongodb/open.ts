import { SojournError } from '../../core/report/errors.ts'
import { loadDriver } from '../driver.ts'
import { MongoRecords } from '../mongodb.ts'
import { isServer, type StoreUrl } from '../store-url.ts'
import type { MongoClientLike } from './client.ts'

interface Client {
  close(): Promise<void>
}

/** The part of the package `mongodb` that the store uses. */
interface Driver {
  MongoClient: new (url: string) => Client
}

const ownParameters = ['prefix', 'dbName', 'adopt', 'adoptUntil', 'adoptCollection']
/** How long the driver looks for a primary: less than the core's deadline for a store call, unless the URL says more. */
const selecting = 'serverSelectionTimeoutMS'
const selectingMs = 4000

/**
 * Opens the store that a URL names, with a client of its own. All parameters but the store's are for the driver, which knows
 * some forty and refuses others.
 *
 * @throws SojournError `OPTION_INVALID`, `DRIVER_MISSING`
 */
export function openMongo(parsed: StoreUrl, handedIn?: object): MongoRecords {
  const { scheme, place, parameters } = parsed
  // The package exports what every version that the manifest allows has.
  const { MongoClient } = (handedIn ?? loadDriver('mongodb', 'mongodb')) as Driver
  const options = Object.fromEntries([...parameters].filter(([name]) => ownParameters.includes(name)))
  const others = new URLSearchParams([...parameters].filter(([name]) => !ownParameters.includes(name)))
  if (!others.has(selecting)) others.set(selecting, String(selectingMs))
  const open = (): Client => new MongoClient(`${scheme}:${place}?${others}`)
  const client = isServer(parsed) ? made(open) : refuse()
  return new MongoRecords({ client: client as MongoClientLike & Client, ...options }, () => client.close())
}

/** The driver's own error may quote the URL. */
function made(open: () => Client): Client {
  try {
    return open()
  } catch {
    return refuse()
  }
}

function refuse(): never {
  throw new SojournError(
    'OPTION_INVALID',
    "Expected a store URL that the package `mongodb` accepts, such as 'mongodb://user:password@host/database?replicaSet=rs0', got another one. Write characters such as @ and / in a password as %40 and %2F.",
  )
}
