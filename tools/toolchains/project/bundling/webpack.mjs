import { basename, dirname } from 'node:path'
import webpack from 'webpack'

const [entry, file, ending] = process.argv.slice(2)
const isModule = ending === 'mjs'

webpack(
  {
    // What is made smaller proves nothing more.
    mode: 'none',
    target: 'node20',
    entry,
    externals: { lmdb: isModule ? 'module lmdb' : 'commonjs lmdb' },
    experiments: { outputModule: isModule },
    output: {
      path: dirname(file),
      filename: basename(file),
      module: isModule,
      chunkFormat: isModule ? 'module' : 'commonjs',
      // The programs are one file each.
      asyncChunks: false,
    },
  },
  (error, stats) => {
    if (error) throw error
    if (stats.hasErrors()) throw new Error(stats.toString({ all: false, errors: true }))
  },
)
