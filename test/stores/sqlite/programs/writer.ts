import { anonymous } from '../../../../src/core/record/standing.ts'
import { sqliteStore } from '../../../../src/stores/sqlite.ts'

/** Writes until it is killed: it creates sessions, and counts in one that all processes share. It tells what was answered. */
const [path = '', name = '', most = 'Infinity'] = process.argv.slice(2)
const store = sqliteStore({ path })
const record = { ...anonymous, version: 1, createdAt: 0, touchedAt: 0, expiresAt: 9e15 }

store.create({ ...record, key: 'shared', data: '0' })
for (let count = 0; count < Number(most); count += 1) {
  store.create({ ...record, key: `${name}-${count}`, data: '{}' })
  increment()
  process.stdout.write(`${name}-${count}\n`)
  // Lets the text leave, and others write.
  await new Promise(resolve => setTimeout(resolve, 1))
}
store.close()

function increment(): void {
  for (;;) {
    const found = store.load('shared')
    if (found === undefined) throw new Error('The shared session is gone.')
    const data = `${Number(found.data) + 1}`
    if (store.replace({ ...found, version: found.version + 1, data }, found.version) === 'replaced') return
  }
}
