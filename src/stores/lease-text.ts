import type { Lease } from '../core/record/store.ts'

/** How a lease is kept under its name: the token and the end. */
export function encodeLease({ token, expiresAt }: Lease): string {
  return `${token} ${expiresAt}`
}

/** Reads what `encodeLease` has written. */
export function decodeLease(name: string, text: string): Lease {
  const [token = '', expiresAt] = text.split(' ')
  return { name, token, expiresAt: Number(expiresAt) }
}
