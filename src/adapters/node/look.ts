import type { NodeResponse } from './messages.ts'

/** How far on a response looks: its head sent, or all of it. */
export type Stage = 'head' | 'end'

/** What is put on a response to make it look like another one. */
export interface Look {
  /** Makes the response look like the model at a stage. Later stages come on top of earlier ones. */
  take(model: NodeResponse, stage: Stage): void
  /** Brings the response back as it was, but for what others have done to it meanwhile. */
  drop(): void
}
