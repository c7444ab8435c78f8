/** No browser sends more cookies of one name. The bound limits the number of signature checks. */
const mostCookies = 16

const semicolon = 0x3b
const space = 0x20
const tab = 0x09

/**
 * Finds the values of every cookie with exactly this name, in the order of the header.
 *
 * It is one linear scan for the name and builds no table, so that names such as `__proto__` and long headers are
 * harmless. Only spaces and tabs count as white space: browsers allow other white space in names, and a parser that
 * strips it lets a sibling domain forge `__Host-` cookies. Quotes are not interpreted.
 */
export function findCookies(header: string, name: string): string[] {
  const values: string[] = []
  const needle = `${name}=`
  let at = header.indexOf(needle)
  while (at !== -1 && values.length < mostCookies) {
    const start = at + needle.length
    if (beginsPair(header, at)) values.push(valueFrom(header, start))
    at = header.indexOf(needle, start)
  }
  return values
}

function beginsPair(header: string, at: number): boolean {
  let before = at - 1
  while (before >= 0 && isBlank(header.charCodeAt(before))) before -= 1
  return before < 0 || header.charCodeAt(before) === semicolon
}

function valueFrom(header: string, start: number): string {
  const end = header.indexOf(';', start)
  let last = end === -1 ? header.length : end
  let first = start
  while (last > first && isBlank(header.charCodeAt(last - 1))) last -= 1
  while (first < last && isBlank(header.charCodeAt(first))) first += 1
  return header.slice(first, last)
}

function isBlank(code: number): boolean {
  return code === space || code === tab
}

/** Undoes the percent-encoding of a cookie's value. Returns undefined if it is malformed. */
export function decodeCookieValue(value: string): string | undefined {
  if (!value.includes('%')) return value
  try {
    return decodeURIComponent(value)
  } catch {
    return undefined
  }
}
