import type { MaybePromise } from '../../core/record/store.ts'
import type { Operation } from './operation.ts'

/** The parts of a store call. */
interface CallParts<Answer> {
  readonly operation: Operation
  readonly verb: string
  /** Lets the call take effect. */
  take(): MaybePromise<Answer>
  resolve(answer: Answer): void
  reject(error: unknown): void
}

/** One store call. The story decides when it takes effect and when it is answered. */
export interface StoreCall {
  readonly operation: Operation
  readonly verb: string
  /** When `act` let it take effect; undefined before. */
  readonly actedAt: number | undefined
  /** Lets it take effect, if it has not yet, and holds its answer back. */
  act(now: number): Promise<void>
  /** Lets it take effect, if it has not yet, and gives its answer. */
  pass(): Promise<void>
  /** Makes it fail. If it has taken effect, the effect stays; if not, it never takes effect. */
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
