import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { sqliteStore } from 'sojourn/sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BuiltSources } from '../../support/built-sources.ts'
import { describeSqlite } from '../../support/sqlite.ts'

describeSqlite('several processes with one file', () => {
  let sources: BuiltSources
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-sqlite-processes-'))
  beforeAll(() => {
    sources = new BuiltSources('test/stores/sqlite/programs')
  })
  afterAll(() => {
    sources.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  interface Writer {
    readonly process: ChildProcess
    /** The sessions whose creation was answered. */
    readonly told: string[]
    readonly ended: Promise<unknown[]>
    hasTold(count: number): Promise<void>
  }

  function start(path: string, name: string, most = Number.POSITIVE_INFINITY): Writer {
    const program = sources.program('test/stores/sqlite/programs/writer')
    const child = spawn(process.execPath, [program, path, name, `${most}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const told: string[] = []
    const lines = createInterface({ input: child.stdout })
    lines.on('line', line => told.push(line))
    const hasTold = async (count: number): Promise<void> => {
      while (told.length < count) await once(lines, 'line')
    }
    return { process: child, told, ended: once(child, 'close'), hasTold }
  }

  test('lose no update of each other, and set up one file at the same moment', async () => {
    const path = join(folder, 'updates.db')
    const writers = ['a', 'b', 'c', 'd'].map(name => start(path, name, 50))
    expect(await Promise.all(writers.map(({ ended }) => ended))).toEqual(writers.map(() => [0, null]))
    const store = sqliteStore({ path })
    expect(store.load('shared')).toMatchObject({ data: '200', version: 201 })
    expect([...store.records()]).toHaveLength(201)
    store.close()
  })

  test('lose nothing that was answered when one is killed, twenty times', async () => {
    const path = join(folder, 'killed.db')
    const survivor = start(path, 'survivor')
    await survivor.hasTold(1)
    const told: string[] = []
    for (let kill = 0; kill < 20; kill += 1) {
      const victim = start(path, `victim-${kill}`)
      // Each time at another moment.
      await victim.hasTold(1 + kill * 2)
      victim.process.kill('SIGKILL')
      await victim.ended
      told.push(...victim.told)
      await survivor.hasTold(survivor.told.length + 3)
    }
    survivor.process.kill('SIGKILL')
    await survivor.ended
    told.push(...survivor.told)
    const store = sqliteStore({ path })
    expect(told.filter(key => store.load(key) === undefined)).toEqual([])
    // Each told session was followed by one update. A killed process may have made one more.
    const counted = Number(store.load('shared')?.data)
    expect(counted).toBeGreaterThanOrEqual(told.length)
    expect(counted).toBeLessThanOrEqual(told.length + 21)
    store.close()
  })
})
