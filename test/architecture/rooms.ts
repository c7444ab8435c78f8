import { posix } from 'node:path'
import { importSpecifiers } from './import-specifiers.ts'
import type { SourceFiles } from './source-files.ts'

/** What the files of a room may import besides their own room and `node:` modules. */
interface Room {
  readonly rooms: readonly string[]
  /** Packages by name: the drivers and frameworks that are optional peer dependencies. */
  readonly packages: readonly string[]
}

/** Design: imports point one way. A new room is added here and to the linter's configuration. */
const rooms: Readonly<Record<string, Room>> = {
  core: { rooms: [], packages: ['devalue'] },
  stores: {
    rooms: ['core'],
    packages: ['better-sqlite3', 'lmdb', 'mongodb', 'mysql2', 'pg', 'redis', 'ioredis'],
  },
  adapters: { rooms: ['core', 'stores', 'session'], packages: ['express', 'express-serve-static-core'] },
  session: { rooms: ['core', 'stores'], packages: [] },
  testing: { rooms: ['core'], packages: [] },
}

/** The rooms of the core, from the top down: each imports from those below it. `sessions.ts` stands above them all. */
export const coreRooms: readonly string[] = [
  ...[
    'guards',
    'visit',
    'writing',
    'engine',
    'session',
    'policy',
    'cross-site',
    'data',
    'cookies',
    'ids',
    'keys',
  ],
  ...['process', 'record', 'time', 'report'],
]

/** Lists every import that points the wrong way, in words. */
export function roomViolations(sources: SourceFiles): readonly string[] {
  return [...sources].flatMap(([path, source]) =>
    importSpecifiers(source).flatMap(specifier => violationsOf(path, specifier, sources)),
  )
}

function violationsOf(path: string, specifier: string, sources: SourceFiles): readonly string[] {
  const problem = path.startsWith('src/')
    ? problemInSource(path, specifier, sources)
    : problemOutside(path, specifier)
  return problem === undefined ? [] : [`${path} imports '${specifier}': ${problem}`]
}

function problemInSource(path: string, specifier: string, sources: SourceFiles): string | undefined {
  if (specifier.startsWith('node:')) return undefined
  if (!specifier.startsWith('.')) return problemWithPackage(path, specifier)
  const target = resolve(path, specifier)
  if (!sources.has(target)) return 'there is no such source file'
  return problemBetween(roomOf(path), roomOf(target)) ?? problemInCore(path, target)
}

function problemInCore(path: string, target: string): string | undefined {
  const [from, to] = [path, target].map(each => /^src\/core\/(?:([^/]+)\/)?/.exec(each))
  if (!from || !to) return undefined
  const [higher, lower] = [from, to].map(([, room]) => (room === undefined ? -1 : coreRooms.indexOf(room)))
  if (from[1] !== undefined && higher === -1)
    return `the room '${from[1]}' of the core is not known: add it to the rules`
  return from[1] === to[1] || Number(higher) < Number(lower)
    ? undefined
    : `'${from[1]}' stands below '${to[1] ?? 'sessions.ts'}'`
}

function problemWithPackage(path: string, specifier: string): string | undefined {
  const name = specifier.startsWith('@')
    ? specifier.split('/', 2).join('/')
    : specifier.split('/', 1).join('')
  const allowed = rooms[roomOf(path) ?? '']?.packages ?? []
  return allowed.includes(name) ? undefined : 'only node: modules and the packages of its room are allowed'
}

/** The front door stands in no room: it imports from all, and no room imports it. */
function problemBetween(from: string | undefined, to: string | undefined): string | undefined {
  if (from === undefined || from === to) return undefined
  if (to === undefined) return 'no room imports the front door'
  const room = rooms[from]
  if (room === undefined) return `the room '${from}' is not known: add it to the rules`
  return room.rooms.includes(to) ? undefined : `'${from}' may not import '${to}'`
}

/** The demo and the examples show what a user can do, so they reach the library by its public paths alone. */
function problemOutside(path: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined
  const [folder] = path.split('/', 1)
  return resolve(path, specifier).startsWith(`${folder}/`) ? undefined : 'only public paths are allowed'
}

/** The folder directly below `src`; undefined for the front door. */
function roomOf(path: string): string | undefined {
  return /^src\/([^/]+)\//.exec(path)?.[1]
}

function resolve(path: string, specifier: string): string {
  return posix.join(posix.dirname(path), specifier)
}

/** Answers the first ring of imports that it meets, as the files along it; undefined when there is none. */
export function findCycle(sources: SourceFiles): readonly string[] | undefined {
  const finished = new Set<string>()
  for (const path of sources.keys()) {
    const cycle = cycleFrom(path, { sources, finished, trail: [] })
    if (cycle !== undefined) return cycle
  }
  return undefined
}

interface Walk {
  readonly sources: SourceFiles
  readonly finished: Set<string>
  readonly trail: readonly string[]
}

function cycleFrom(path: string, { sources, finished, trail }: Walk): readonly string[] | undefined {
  if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path]
  if (finished.has(path)) return undefined
  for (const next of importedFiles(path, sources)) {
    const cycle = cycleFrom(next, { sources, finished, trail: [...trail, path] })
    if (cycle !== undefined) return cycle
  }
  finished.add(path)
  return undefined
}

/** The files of the repository that one file imports. */
export function importedFiles(path: string, sources: SourceFiles): readonly string[] {
  return importSpecifiers(sources.get(path) ?? '')
    .filter(specifier => specifier.startsWith('.'))
    .map(specifier => resolve(path, specifier))
    .filter(target => sources.has(target))
}
