import { readFile } from 'node:fs/promises'
import { join, posix } from 'node:path'

/**
 * What stands beside the CommonJS of a public path, by its ending: `.mjs` for `import`, which has the names in front of the same
 * objects, and the declarations of both.
 */
export async function facadeOf(folder, { name, source }, names) {
  const declared = source.replace(/^src\//, 'types/').replace(/\.ts$/, '')
  const types = relative(name, declared)
  const code = `./${posix.basename(name)}.js`
  const declarations = await readFile(join(folder, `${declared}.d.ts`), 'utf8')
  const defaultName = /(\w+) as default\b/.exec(declarations)?.[1]
  if (defaultName === undefined) return named(code, types, names)
  if (name !== 'index') return onlyDefault(code, types, defaultName)
  return frontDoor(folder, { code, types, declarations, names })
}

function relative(from, to) {
  const path = posix.relative(posix.dirname(from), to)
  return `${path.startsWith('.') ? path : `./${path}`}.js`
}

function named(code, types, names) {
  const declarations = `export * from '${types}'\n`
  return {
    '.mjs': `import module from '${code}'\n\nexport const { ${names.join(', ')} } = module\n`,
    '.d.ts': declarations,
    '.d.mts': declarations,
  }
}

/** A deep path of express-session's, where `require` answers the class itself. */
function onlyDefault(code, types, name) {
  const list = `export { ${name}, ${name} as default }`
  return {
    '.mjs': `import ${name} from '${code}'\n\n${list}\n`,
    '.d.ts': `import { ${name} } from '${types}'\n\nexport = ${name}\n`,
    '.d.mts': `export type * from '${types}'\n${list} from '${types}'\n`,
  }
}

/**
 * The function, which has everything else as properties. To CommonJS it is declared as a function and a namespace of one
 * name: older compilers know no other way to say that, and only to a namespace can an application add its `SessionData`.
 */
async function frontDoor(folder, { code, types, declarations, names }) {
  const properties = names.filter(name => !['default', 'session', '*'].includes(name))
  const described = [...declaredNames(declarations), 'CommonJsSessionData'].filter(name => name !== 'session')
  const list = described.join(',\n  ')
  const imported = `import session from '${code}'\n`
  const exported = 'export { session, session as default }\n'
  return {
    '.mjs': `${imported}\nexport const { ${properties.join(', ')} } = session\n${exported}`,
    '.d.ts': `import {\n  ${list},\n} from '${types}'\n
${await commentOfSession(folder)}declare function session(options?: SessionOptions | null): SessionMiddleware
declare namespace session {
  export {\n  ${list} as SessionData,\n  session,\n  }\n}\n
export = session\n`,
    '.d.mts': `${imported}\nexport * from '${types}'\n${exported}`,
  }
}

/** The front door is names only: each statement of its declarations is a list of them. */
function declaredNames(declarations) {
  return [...declarations.matchAll(/^export (?:type )?\{([^}]*)\} from/gm)].flatMap(([, list]) =>
    list
      .split(',')
      .map(item => item.trim().replace(/^type /, ''))
      .filter(item => item !== '' && !item.includes(' as ')),
  )
}

async function commentOfSession(folder) {
  const declarations = await readFile(join(folder, 'types/adapters/express.d.ts'), 'utf8')
  return /\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n(?=export declare const session:)/.exec(declarations)?.[0] ?? ''
}
