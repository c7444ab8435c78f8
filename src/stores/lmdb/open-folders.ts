import { realpathSync } from 'node:fs'
import { Strangeness } from './unusable.ts'

interface OpenFolder {
  readonly durability: string
  stores: number
}

/** The folders that this process has open. All stores on a folder share one open file, with the options of the first. */
const openFolders = new Map<string, OpenFolder>()

/**
 * Notes that a store has a folder open. Answers a function that releases it, which may be called twice.
 *
 * @throws Strangeness when another store has it open with another durability, because one of the two would not get its own.
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
