import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

interface LockedPackage {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

// A lock file of npm's third version is of this shape.
const { packages } = JSON.parse(
  readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8'),
) as { readonly packages: Readonly<Record<string, LockedPackage>> }

/** Where Node looks for a package, from the innermost folder outwards. */
function placesOf(name: string, path: string): readonly string[] {
  const parts = path === '' ? [] : path.split(/(?:^|\/)node_modules\//).slice(1)
  return [...parts.keys(), parts.length].map(count =>
    [...parts.slice(0, count), name].map(part => `node_modules/${part}`).join('/'),
  )
}

function missingOf([path, locked]: [string, LockedPackage]): readonly string[] {
  const names = Object.keys({
    ...locked.dependencies,
    ...locked.devDependencies,
    ...locked.optionalDependencies,
  })
  const isThere = (name: string): boolean => placesOf(name, path).some(place => place in packages)
  return names.filter(name => !isThere(name)).map(name => `${path} needs ${name}`)
}

test('a clean installation finds every package in the lock file, those of other systems too', () => {
  expect(Object.entries(packages).flatMap(missingOf)).toEqual([])
})
