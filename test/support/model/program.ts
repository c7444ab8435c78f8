import { fork } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { findCommand } from '../services/find-command.ts'
import { placeNames } from './place-names.ts'

/**
 * Plays random stories on all stores, each in a process of its own. It ends with 1 when a promise was broken, or when a
 * process has died.
 */
const options = {
  minutes: { type: 'string', default: '3' },
  seed: { type: 'string' },
  stories: { type: 'string', default: 'Infinity' },
  store: { type: 'string', multiple: true, default: available() },
} as const

const { values } = parseArgs({ options })
const until = Date.now() + 60_000 * number('minutes')
const stories = number('stories')
const player = fileURLToPath(new URL('player.js', import.meta.url))

process.stdout.write(`Stories are played until ${new Date(until).toISOString()}.\n`)
const codes = await Promise.all(values.store.map(checked).map(play))
process.exitCode = codes.every(code => code === 0) ? 0 : 1

function play(name: string): Promise<number | null> {
  const seed = values.seed === undefined ? randomInt(1_000_000_000) : number('seed')
  const child = fork(player, [name, ...[seed, stories, until].map(String)])
  return new Promise(resolve => child.on('close', resolve))
}

/** The stores that can be opened here. The others are named, and are a failure where somebody relies on them. */
function available(): string[] {
  if (findCommand('redis-server') !== undefined) return [...placeNames]
  if (process.env['CI'] === 'true') throw new Error('Expected redis-server to be there, because CI=true.')
  process.stderr.write('SKIPPED redis, redis-cluster: redis-server is missing, run npm run services\n')
  return placeNames.filter(name => !name.startsWith('redis'))
}

function checked(name: string): string {
  if (placeNames.some(known => known === name)) return name
  throw new Error(`Expected --store to be one of ${placeNames.join(', ')}, got ${name}.`)
}

function number(name: 'minutes' | 'seed' | 'stories'): number {
  const given = Number(values[name])
  if (given >= 0) return given
  throw new Error(`Expected --${name} to be a number, got ${values[name]}.`)
}
