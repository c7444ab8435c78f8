/** Tries until there is an answer, as visitors do. */
export async function untilAnswered<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  const until = Date.now() + 20_000
  for (;;) {
    try {
      return await call()
    } catch (error) {
      if (Date.now() > until) throw error
      await new Promise(resolve => setTimeout(resolve, 50))
    }
  }
}
