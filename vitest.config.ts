import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const { compilerOptions } = JSON.parse(readFileSync(new URL('tsconfig.json', import.meta.url), 'utf8'))

/** Every public path leads to its source, so that a test needs no build and never tests an old one. */
const publicPaths = Object.entries<readonly [string]>(compilerOptions.paths)
  .filter(([specifier]) => /^sojourn\b/.test(specifier))
  .map(([specifier, [source]]) => ({
    find: new RegExp(`^${specifier.replaceAll('.', '\\.')}$`),
    replacement: fileURLToPath(new URL(source, import.meta.url)),
  }))

/**
 * Files that count what fails after a failover, or wait half a second for a replica. What else a busy machine does at that
 * moment would decide with them.
 */
const alone = ['servers', 'replicas', 'replicas-of-cluster'].map(name => `test/stores/redis/${name}.test.ts`)

/** Tests of the SQLite of Node.js itself. `npm test` runs them on a Node.js that has it. */
const hasSqlite = process.getBuiltinModule?.('node:sqlite') !== undefined
const unrunnable = hasSqlite ? [] : ['test/stores/sqlite.test.ts', 'test/stores/sqlite/**']

export default defineConfig({
  resolve: { alias: publicPaths },
  test: {
    passWithNoTests: false,
    testTimeout: 60_000,
    // Some start servers.
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'side by side',
          include: ['test/**/*.test.ts'],
          exclude: [...alone, ...unrunnable],
          // One more than there are cores, because many tests wait for servers that they have started.
          maxWorkers: availableParallelism() + 1,
          sequence: { groupOrder: 0 },
        },
      },
      { extends: true, test: { name: 'alone', include: alone, maxWorkers: 1, sequence: { groupOrder: 1 } } },
    ],
  },
})
