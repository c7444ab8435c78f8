/** How long one attempt may take, as with the core's deadline. */
const deadlineMs = 2500

/** Tries until there is an answer, as visitors do. */
export async function untilAnswered<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  const until = Date.now() + 25_000
  for (;;) {
    try {
      return await Promise.race([call(), late()])
    } catch (error) {
      if (Date.now() > until) throw error
      await new Promise(resolve => setTimeout(resolve, 50))
    }
  }
}

function late(): Promise<never> {
  return new Promise((_resolve, reject) => {
    setTimeout(() => reject(new Error('There was no answer.')), deadlineMs)
  })
}
