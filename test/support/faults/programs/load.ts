import { openStore } from '../../../../src/stores/open-store.ts'
import { managerOn, Visitors, type Word } from '../visitors.ts'

/** A process that receives visitors on the store of a URL until it is told to stop, and tells what it has answered. */
const [url = '', name = '', lanes = ''] = process.argv.slice(2)
const store = openStore(url)
const visitors = new Visitors(managerOn(store), tell)
process.on('message', () => visitors.stop())
await visitors.run(Number(lanes), name)
await store.close()
process.disconnect()

function tell(word: Word): void {
  process.send?.(word)
}
