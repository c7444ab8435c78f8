import type { MaybePromise } from '../../core/record/store.ts'
import type { Operation } from './operation.ts'

/** What a call of a store is made of. */
interface CallParts<Answer> {
  readonly operation: Operation
  readonly verb: string
  /** Lets the call take effect. */
  take(): MaybePromise<Answer>
  resolve(answer: Answer): void
  reject(error: unknown): void
}

/** One call of a store, which takes effect and is answered when the story says so. */
export interface StoreCall {
  readonly operation: Operation
  readonly verb: string
  /** When it took effect, where its answer is not given yet. */
  readonly actedAt: number | undefined
  /** Lets it take effect, if it has not yet. Its answer is not given yet. */
  act(now: number): Promise<void>
  /** Gives its answer, after it has taken effect. */
  pass(): Promise<void>
  /** Lets it fail: what it did is done, and what it did not do is not. */
  fail(): void
}

/** Makes a call that waits for the story. */
export function storeCall<Answer>(parts: CallParts<Answer>): StoreCall {
  const { operation, verb, take, resolve, reject } = parts
  let answer: Promise<Answer> | undefined
  const settled = (): Promise<Answer> => {
    answer ??= new Promise(settle => settle(take()))
    return answer
  }
  let actedAt: number | undefined
  return {
    operation,
    verb,
    get actedAt() {
      return actedAt
    },
    act(now) {
      actedAt ??= now
      return settled().then(ignore, ignore)
    },
    pass: () => settled().then(resolve, reject),
    fail() {
      operation.failures += 1
      reject(new Error('The story lets this call fail.'))
    },
  }
}

function ignore(): void {}
