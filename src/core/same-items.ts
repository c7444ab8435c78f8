/** Whether two lists hold the same things in the same order: for a list that its owner may change in place. */
export function hasSameItems(one: readonly unknown[], other: readonly unknown[]): boolean {
  if (one.length !== other.length) return false
  // Asked for each cookie that is read, hence without a function for each item.
  for (let index = 0; index < one.length; index += 1) if (one[index] !== other[index]) return false
  return true
}
