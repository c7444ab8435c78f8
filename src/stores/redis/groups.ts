/** How many commands are under way at once: enough to fill a connection, and no load that others would notice. */
const groupSize = 100

/** Does the same for many items, some of them at a time. */
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
