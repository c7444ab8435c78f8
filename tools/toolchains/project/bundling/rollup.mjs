import commonjs from '@rollup/plugin-commonjs'
import { nodeResolve } from '@rollup/plugin-node-resolve'
import { rollup } from 'rollup'

const [entry, file, ending] = process.argv.slice(2)

const bundle = await rollup({
  input: entry,
  external: ['lmdb'],
  plugins: [nodeResolve({ preferBuiltins: true }), commonjs()],
  onwarn: warning => {
    if (warning.code !== 'CIRCULAR_DEPENDENCY') throw new Error(warning.message)
  },
})
await bundle.write({ file, format: ending === 'cjs' ? 'cjs' : 'es', inlineDynamicImports: true })
