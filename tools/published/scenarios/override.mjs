import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { original, subject, subjectName } from './environment.mjs'

describe('the npm override: the original', () => expectProject(original, 'express-session'))
describe('the npm override: the moved project', () => expectProject(subject, subjectName))

function expectProject(project, packageName) {
  const facts = {}
  before(() => Object.assign(facts, readSurface(project)))

  test(`every package of the tree gets the same one copy, ${packageName}`, () => {
    const folder = join(project, 'node_modules', 'express-session')
    assert.equal(facts.copies.length, 1)
    assert.ok(facts.copies[0].startsWith(folder))
    assert.equal(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).name, packageName)
  })

  test(`npm finds nothing wrong with the tree`, () => {
    const output = execFileSync('npm', ['ls', '--all', '--json'], {
      cwd: project,
      encoding: 'utf8',
      stdio: 'pipe',
    })
    assert.equal(JSON.parse(output).problems, undefined)
  })

  test(`require and import answer the same function with the same names`, () => {
    assert.equal(facts.requiredIsImported, true)
    assert.deepEqual(facts.namesThatDiffer, [])
    assert.deepEqual(facts.deepPathsThatDiffer, [])
  })

  test(`the classes of the published stores extend our Store, and are accepted`, () => {
    assert.deepEqual(facts.storesThatDoNotExtend, [])
    assert.equal(facts.instancesAccepted, 4)
    assert.equal(facts.storesThatEmit, 4)
  })
}

function readSurface(project) {
  return JSON.parse(execFileSync(process.execPath, ['surface.cjs'], { cwd: project, encoding: 'utf8' }))
}
