import type { ServerResponse } from 'node:http'

/** Something that an application does to a response, handed a callback to pass on where it likes. */
export type Deed = (response: ServerResponse, callback: (error?: unknown) => void) => unknown

/** Does a deed to a response, and notes everything that the application can see of what came of it. */
export function witness(response: ServerResponse, deed: Deed): readonly unknown[] {
  const seen: unknown[] = []
  response.on('error', error => seen.push(['emitted', described(error)]))
  try {
    const result = deed(response, error => seen.push(['called back', described(error)]))
    seen.push(['returned', result === response ? 'the response' : result])
  } catch (error) {
    seen.push(['threw', described(error)])
  }
  return seen
}

function described(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const { name, message, code } = error as Error & { readonly code?: string }
  return { name, message, code }
}
