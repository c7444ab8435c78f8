import { connect } from 'node:net'

/** What a server answers to the commands of the tests. */
export type RedisAnswer = string | number | null | readonly RedisAnswer[]

interface Address {
  readonly port: number
  readonly password?: string | undefined
}

/**
 * Sends one command on a connection of its own, without any of the drivers that are to be tested. Rejects with what
 * the server says is wrong.
 */
export function redisCommand({ port, password }: Address, command: readonly string[]): Promise<RedisAnswer> {
  const commands = password === undefined ? [command] : [['AUTH', password], command]
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let received = Buffer.alloc(0)
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('The server has closed the connection.')))
    socket.on('data', bytes => {
      received = Buffer.concat([received, bytes])
      const answers = answersIn(received, commands.length)
      if (answers === undefined) return
      socket.destroy()
      const last = answers.at(-1)
      if (last instanceof Error) reject(last)
      else resolve(last ?? null)
    })
    socket.write(commands.map(asText).join(''))
  })
}

function asText(command: readonly string[]): string {
  const words = command.map(word => `$${Buffer.byteLength(word)}\r\n${word}\r\n`)
  return `*${command.length}\r\n${words.join('')}`
}

/** The answers once all of them are there. */
function answersIn(bytes: Buffer, count: number): (RedisAnswer | Error)[] | undefined {
  const reader = new Reader(bytes)
  try {
    return Array.from({ length: count }, () => reader.next())
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** Reads the answers of version 2 of the protocol. */
class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  next(): RedisAnswer | Error {
    const line = this.#line()
    const [kind, rest] = [line[0], line.slice(1)]
    if (kind === '-') return new Error(rest)
    if (kind === ':') return Number(rest)
    if (kind === '+') return rest
    if (rest === '-1') return null
    return kind === '*' ? this.#list(Number(rest)) : this.#text(Number(rest))
  }

  #list(length: number): readonly RedisAnswer[] {
    return Array.from({ length }, () => {
      const item = this.next()
      return item instanceof Error ? item.message : item
    })
  }

  #text(length: number): string {
    const from = this.#at
    this.#at += length + 2
    if (this.#at > this.#bytes.length) throw new RangeError('More is to come.')
    return this.#bytes.toString('utf8', from, from + length)
  }

  #line(): string {
    const end = this.#bytes.indexOf('\r\n', this.#at)
    if (end === -1) throw new RangeError('More is to come.')
    const line = this.#bytes.toString('utf8', this.#at, end)
    this.#at = end + 2
    return line
  }
}
