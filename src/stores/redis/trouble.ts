import { isError, SojournError } from '../../core/report/errors.ts'
import { corrupt } from './record-text.ts'

const lost = 'the connection was lost'
const late = 'it did not answer in time'

/** What is wrong and what to do about it, by the messages and codes of the server and the drivers. */
const reasons: readonly (readonly [sign: RegExp, reason: string])[] = [
  [
    /^WRONGTYPE/,
    'there is a key of another kind under the prefix of the store. Give it a `prefix` of its own',
  ],
  [/^WRONGPASS|invalid password/i, 'the server does not accept the user or the password'],
  [/^NOAUTH/, 'the server demands a password, and was given none'],
  [/^NOPERM/, 'the user of the connection may not do this on the server'],
  [
    /removes at once what it is given/,
    'its clock is so far ahead that it removed the session at once. Set the clocks of both machines by NTP',
  ],
  [/^READONLY/, 'the server is a replica, which takes no writes'],
  [/^OOM/, 'the server has no memory left. Raise its `maxmemory`'],
  [/^MISCONF/, 'the server takes no writes because it cannot save to its disk'],
  [/^LOADING/, 'the server is still reading its data'],
  [/^CLUSTERDOWN/, 'a part of the cluster has no server'],
  [/^Reached \d+ of \d+ replicas/, 'fewer replicas have answered than the option `replicas` asks for'],
  [/^NOREPLICAS/, 'the server has too few replicas'],
  [/ECONNREFUSED/, 'nobody answers at its address'],
  [/ENOTFOUND|EAI_AGAIN/, 'there is no machine of its name'],
  [
    /^No connection within/,
    'there is no connection. See that the client has been told to connect, and that both sides encrypt or neither does',
  ],
  [
    /CERT|SSL|TLS|self.signed|certificate|EPROTO|wrong version number/i,
    'the encrypted connection could not be made',
  ],
  [/ECONNRESET|EPIPE|Socket closed|Connection is closed|client is|writeable|Disconnect|max retries/i, lost],
  [/ETIMEDOUT|timeout/i, late],
]

/** Reasons that do not go away by themselves. */
const hopeless = /password|encrypted/

/**
 * The error for one that a driver threw. Its cause is a copy of the message, name and code alone, because the drivers'
 * own errors carry the command, and with it sessions and passwords.
 */
export function troubleOf(error: unknown): Error {
  if (error instanceof SojournError) return error
  const cause = plain(error)
  if (cause.message.includes('this is not a record of Sojourn')) return corrupt()
  return new Error(`Expected the server to answer, but ${reasonOf(cause)}.`, { cause })
}

/** What is wrong, in words. */
export function reasonOf(error: Error): string {
  const said = `${error.message} ${codeOf(error)}`
  return reasons.find(([sign]) => sign.test(said))?.[1] ?? 'it failed. See `cause`'
}

/** Whether an error says no more than that there is no connection, as when only one side encrypts. */
export function isVague(error: unknown): boolean {
  return error !== undefined && [lost, late].includes(reasonOf(plain(error)))
}

/** Whether a retry would fail in the same way. */
export function isHopeless(error: unknown): boolean {
  if (error instanceof SojournError) return true
  return error !== undefined && hopeless.test(reasonOf(plain(error)))
}

/** Copies the message, name and code of an error, and nothing else. */
export function plain(error: unknown): Error {
  const first = isError(error) && 'errors' in error ? (Object(error.errors)[0] ?? error) : error
  if (!isError(first)) return new Error('The driver has thrown something that is no error.')
  // The rest of the message quotes the command.
  const [message = ''] = first.message.split(/, with args beginning with/i)
  // Some errors have a name but no message.
  const copy = new Error(message === '' ? first.constructor.name : message)
  copy.name = first.name
  return Object.assign(copy, codeOf(first) === '' ? {} : { code: codeOf(first) })
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : ''
}
