/** Asks again and again until the answer is yes. */
export async function eventually(
  what: string,
  isSo: () => Promise<boolean>,
  patienceMs = 20_000,
): Promise<void> {
  const until = Date.now() + patienceMs
  while (Date.now() < until) {
    if (await isSo().catch(() => false)) return
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  throw new Error(`Expected ${what} within ${patienceMs} ms.`)
}
