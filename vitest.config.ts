import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const manifest = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'))

/** Every public path leads to its source, so that a test needs no build and never tests an old one. */
const publicPaths = Object.entries<string | { readonly default: string }>(manifest.exports).flatMap(
  ([path, target]) =>
    typeof target === 'string' ? [] : [{ find: exactly(path), replacement: source(target.default) }],
)

function exactly(path: string): RegExp {
  return new RegExp(`^${`sojourn${path.slice(1)}`.replaceAll('.', '\\.')}$`)
}

function source(built: string): string {
  return fileURLToPath(new URL(built.replace('/dist/', '/src/').replace(/\.js$/, '.ts'), import.meta.url))
}

/**
 * Files that count what fails after a failover, or wait half a second for a replica. What else a busy machine does at that
 * moment would decide with them.
 */
const alone = ['servers', 'replicas', 'replicas-of-cluster'].map(name => `test/stores/redis/${name}.test.ts`)

export default defineConfig({
  resolve: { alias: publicPaths },
  test: {
    passWithNoTests: false,
    testTimeout: 30_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'side by side',
          include: ['test/**/*.test.ts'],
          exclude: alone,
          // One more than there are cores, because many tests wait for servers that they have started.
          maxWorkers: availableParallelism() + 1,
          sequence: { groupOrder: 0 },
        },
      },
      { extends: true, test: { name: 'alone', include: alone, maxWorkers: 1, sequence: { groupOrder: 1 } } },
    ],
  },
})
