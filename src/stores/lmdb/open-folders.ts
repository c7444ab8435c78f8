import { realpathSync } from 'node:fs'
import { Strangeness } from './unusable.ts'

interface OpenFolder {
  readonly durability: string
  stores: number
}

/** The folders that this process has open. The engine opens a file once for all of its stores, in the way of the first. */
const openFolders = new Map<string, OpenFolder>()

/**
 * Notes that a store has a folder open, and answers how it lets go of it, which may be called again.
 *
 * @throws Strangeness when another store promises another durability there, because one of the two would not keep it.
 */
export function claimFolder(folder: string, durability: string): () => void {
  const place = realpathSync(folder)
  const claimed = openFolders.get(place) ?? { durability, stores: 0 }
  if (claimed.durability !== durability)
    throw new Strangeness(
      `another store of this process has it open with \`durability: '${claimed.durability}'\``,
    )
  openFolders.set(place, claimed)
  claimed.stores += 1
  let isHeld = true
  return () => {
    if (isHeld) claimed.stores -= 1
    isHeld = false
    if (claimed.stores === 0 && openFolders.get(place) === claimed) openFolders.delete(place)
  }
}
