import type { Lease } from '../core/record/store.ts'

/** Writes a lease as text, without its name: the token and the end. */
export function encodeLease({ token, expiresAt }: Lease): string {
  return `${token} ${expiresAt}`
}

/** Reads a lease that `encodeLease` wrote. */
export function decodeLease(name: string, text: string): Lease {
  const [token = '', expiresAt] = text.split(' ')
  return { name, token, expiresAt: Number(expiresAt) }
}
