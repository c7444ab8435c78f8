import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { original, subject } from './environment.mjs'

describe('TypeScript', () => {
  expectCompiles('the original', original)
  expectCompiles('the moved project', subject)
})

function expectCompiles(title, project) {
  test(`${title}: SessionData is extended by module augmentation and known in Express 5 handlers`, () => {
    compile(project, 'tsconfig.json')
  })

  test(`${title}: it compiles with @types/express-session still loaded as well`, () => {
    compile(project, 'tsconfig.with-old-types.json')
  })

  test(`${title}: the types of the published stores accept the session, and the session accepts them`, () => {
    compile(project, 'tsconfig.stores.json')
  })
}

function compile(project, configuration) {
  const compiler = join(project, 'node_modules', 'typescript', 'bin', 'tsc')
  const path = join(project, 'types', configuration)
  const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', path], { encoding: 'utf8' })
  assert.equal(status, 0, `\n${stdout}`)
}
