import { createHmac } from 'node:crypto'

/** The cookie's value that express-session writes for an id, worked out from its description alone. */
export function signedValue(id, secret) {
  const signature = createHmac('sha256', secret).update(id).digest('base64').replace(/=+$/, '')
  return encodeURIComponent(`s:${id}.${signature}`)
}
