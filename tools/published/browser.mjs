/** One person's browser: it keeps the cookies that it is given and shows each answer with its `Set-Cookie`. */
export class Browser {
  cookies = new Map()

  constructor(origin) {
    this.origin = origin
  }

  /** The same browser after the app has been restarted on another port. */
  moveTo(origin) {
    this.origin = origin
  }

  get(path) {
    return this.#send(path, { method: 'GET' })
  }

  delete(path) {
    return this.#send(path, { method: 'DELETE' })
  }

  post(path, value = {}) {
    return this.#send(path, { method: 'POST', ...asJson(value) })
  }

  /** Sends a form. A redirect is followed by browsers before its body is there: `ended` waits for it. */
  submit(path, fields = {}) {
    return this.#send(path, { method: 'POST', body: new URLSearchParams(fields) })
  }

  async #send(path, request) {
    const headers = { ...request.headers, cookie: this.#cookieHeader() }
    const response = await fetch(this.origin + path, { ...request, headers, redirect: 'manual' })
    const setCookies = response.headers.getSetCookie()
    for (const line of setCookies) this.#keep(line)
    return { status: response.status, setCookies, ...(await contentOf(response)) }
  }

  #cookieHeader() {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  #keep(line) {
    const { name, value, isDeletion } = parseSetCookie(line)
    if (isDeletion) this.cookies.delete(name)
    else this.cookies.set(name, value)
  }
}

function asJson(value) {
  return { body: JSON.stringify(value), headers: { 'content-type': 'application/json' } }
}

async function contentOf(response) {
  const location = response.headers.get('location')
  if (location !== null) {
    return { location, ended: response.text().catch(() => {}) }
  }
  const text = await response.text()
  return { body: response.ok ? JSON.parse(text) : text }
}

/** Takes a `Set-Cookie` line apart; attributes as written, in alphabetical order. */
export function parseSetCookie(line) {
  const [pair, ...attributes] = line.split('; ')
  const [name, value] = split(pair)
  const named = new Map(attributes.map(split))
  const isDeletion = named.get('Max-Age') === '0' || Date.parse(named.get('Expires')) <= Date.now()
  return { name, value, attributes: attributes.sort(), isDeletion }
}

function split(pair) {
  const at = pair.indexOf('=')
  return at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)]
}
