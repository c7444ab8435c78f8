import type { Send } from './link.ts'

/** How many names the server scans in one step, during which it serves no other client. */
const stepSize = '250'

/** Streams the string keys whose names begin with `start`, in groups and without that beginning. Each comes once. */
export async function* keysIn(servers: readonly Send[], start: string): AsyncGenerator<readonly string[]> {
  // A server may return a name twice when it resizes its table meanwhile, and so may one that takes over from another.
  const seen = new Set<string>()
  for (const server of servers) {
    for await (const keys of stepsThrough(server, start)) {
      yield keys.filter(key => !seen.has(key))
      for (const key of keys) seen.add(key)
    }
  }
}

async function* stepsThrough(server: Send, start: string): AsyncGenerator<readonly string[]> {
  let cursor = '0'
  do {
    const answer = await server([
      'SCAN',
      cursor,
      'MATCH',
      `${literal(start)}*`,
      'COUNT',
      stepSize,
      'TYPE',
      'string',
    ])
    const [next, names] = Array.isArray(answer) ? answer : ['0', []]
    cursor = String(next)
    yield [...new Set(Array.from<unknown, string>(names, name => String(name).slice(start.length)))]
  } while (cursor !== '0')
}

/** Escapes the wildcards in a name. */
function literal(name: string): string {
  return name.replaceAll(/[\\*?[\]^-]/g, String.raw`\$&`)
}
