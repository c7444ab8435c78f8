import { rolldown } from 'rolldown'
import { root } from '../command.mjs'
import { publicPaths } from './public-paths.mjs'

/**
 * What is loaded at once is one file, `sojourn.js`. The stores that need a package, and what only tests use, stay in the
 * files of their public paths.
 */
const groups = [
  { name: 'testing', test: /[/]src[/]testing[/]/ },
  { name: 'lmdb', test: /[/]src[/]stores[/]lmdb\b/ },
  { name: 'mongodb', test: /[/]src[/]stores[/]mongodb\b/ },
  { name: 'mysql', test: /[/]src[/]stores[/]mysql\b/ },
  { name: 'postgres', test: /[/]src[/]stores[/]postgres\b/ },
  { name: 'redis', test: /[/]src[/]stores[/]redis\b/ },
  { name: 'sqlite', test: /[/]src[/]stores[/]sqlite\b/ },
  { name: 'sojourn', test: /./ },
]

/** Written for every Node that there is, because an old one is to be told so before it meets anything newer. */
const nodeCheck = `if (typeof process.getBuiltinModule !== 'function')
  throw new Error('Expected Node.js 20.19, 22.12 or newer for sojourn, got ' + process.version + '. Install a newer Node.js.')`

/** Writes the sources into a folder as CommonJS, a file for each public path. Answers the names that each exports. */
export async function bundle(folder) {
  const names = new Map()
  const build = await rolldown({
    cwd: root,
    input: Object.fromEntries(publicPaths.map(({ name, source }) => [name, source])),
    platform: 'node',
    external: ['better-sqlite3', 'lmdb', 'mongodb', 'mysql2/promise', 'pg', 'redis', 'ioredis'],
    preserveEntrySignatures: 'allow-extension',
    plugins: [
      {
        name: 'package',
        renderChunk: code => withBuiltinsAnywhere(withStoresOnDemand(code)),
        generateBundle(_options, chunks) {
          for (const chunk of Object.values(chunks)) {
            if (chunk.type !== 'chunk' || !chunk.isEntry) continue
            const module = this.getModuleInfo(chunk.facadeModuleId ?? '')
            names.set(chunk.name, module?.exports.toSorted())
          }
        },
      },
    ],
  })
  await build.write({
    dir: folder,
    format: 'cjs',
    exports: 'named',
    strict: true,
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
    comments: false,
    codeSplitting: { groups, includeDependenciesRecursively: false },
    banner: ({ isEntry }) => (isEntry ? nodeCheck : ''),
    // Node's rule for a module that has only a default: `require` answers that.
    footer: ({ isEntry, exports }) =>
      isEntry && exports.includes('default') ? 'module.exports = exports.default;' : '',
  })
  return names
}

/** A store's file is loaded where the store is opened, and not with the file that can open it. */
function withStoresOnDemand(code) {
  const loading = /^const (require_(?:lmdb|mongodb|mysql|postgres|redis|sqlite)) = (require\("[^"]+"\));\n/gm
  let lazy = code
  for (const [statement, name, call] of code.matchAll(loading)) {
    lazy = lazy.replace(statement, '').replaceAll(`${name}.`, `${call}.`)
  }
  return lazy
}

/** A bundle that is a module has no `require`, and esbuild gives it none for what Node itself has either. */
function withBuiltinsAnywhere(code) {
  return code.replace(/^(let \w+ = )require\(("node:[^"]+")\)/gm, '$1process.getBuiltinModule($2)')
}
