import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../command.mjs'

const { compilerOptions } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8'))

/**
 * Each public path by the name that it has in the built package, with the source that it leads to, as
 * `tsconfig.json` says. Those with an ending, as express-session has them, are others' second names.
 */
export const publicPaths = Object.entries(compilerOptions.paths)
  .filter(([specifier]) => /^sojourn(?:\/|$)/.test(specifier) && !specifier.endsWith('.js'))
  .map(([specifier, [source]]) => ({
    name: specifier === 'sojourn' ? 'index' : specifier.slice('sojourn/'.length),
    source: source.replace(/^\.\//, ''),
  }))
