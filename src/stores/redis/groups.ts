/** How many commands run at once: enough to fill a connection, too few to slow other clients down. */
const groupSize = 100

/** Runs `work` for many items, one group at a time. */
export async function inGroups<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  for (let start = 0; start < items.length; start += groupSize) {
    results.push(...(await Promise.all(items.slice(start, start + groupSize).map(work))))
  }
  return results
}
