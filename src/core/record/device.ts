import { isIPv4, isIPv6 } from 'node:net'

/** The browser and the address of a signed-in visitor, as far as the request told them. */
export interface Device {
  readonly userAgent?: string | undefined
  readonly address?: string | undefined
}

/** How much of a visitor's address is stored: all of it, its network, or nothing. */
export type AddressDetail = 'whole' | 'truncated' | 'none'

const longestUserAgent = 256
/** Characters that could forge further lines in a log or a page, or change the direction of the text. */
const control: RegExp = /[\p{Cc}\p{Zl}\p{Zp}\p{Surrogate}\p{Bidi_Control}]/gu

/** Describes the device of a request as text. Returns undefined if nothing is known. */
export function describeDevice({ userAgent, address }: Device, detail: AddressDetail): string | undefined {
  const device: Device = {
    ...(typeof userAgent === 'string' && userAgent !== '' && { userAgent: cleaned(userAgent) }),
    ...addressIn(address, detail),
  }
  return Object.keys(device).length === 0 ? undefined : JSON.stringify(device)
}

/** Reads the text of `describeDevice`, or any other text: a database may have been changed. */
export function parseDevice(text: string | undefined): Device {
  if (text === undefined) return {}
  try {
    const { userAgent, address } = JSON.parse(text) as { [name: string]: unknown }
    return {
      ...(typeof userAgent === 'string' && { userAgent: cleaned(userAgent) }),
      ...(typeof address === 'string' && { address }),
    }
  } catch {
    return {}
  }
}

function cleaned(userAgent: string): string {
  return userAgent.slice(0, longestUserAgent).replace(control, '')
}

function addressIn(address: unknown, detail: AddressDetail): Device {
  if (typeof address !== 'string' || detail === 'none') return {}
  // A dual-stack socket shows an IPv4 address as an IPv6 one.
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
  if (!isIPv4(plain) && !isIPv6(plain)) return {}
  return { address: detail === 'whole' ? plain : networkOf(plain) }
}

/** The first 24 bits of an IPv4 address, the first 48 of an IPv6 one. */
function networkOf(address: string): string {
  if (isIPv4(address)) return `${address.split('.').slice(0, 3).join('.')}.0/24`
  const [head = '', tail] = address.replace(/%.*$/, '').split('::')
  const groups = head === '' ? [] : head.split(':')
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length)
  const all = [...groups, ...Array.from({ length: missing }, () => '0'), ...(tail ?? '').split(':')]
  return `${all.slice(0, 3).join(':')}::/48`
}
