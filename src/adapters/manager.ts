import { Engine } from '../core/engine/engine.ts'
import type { Policy } from '../core/policy/options.ts'
import type { Store as RecordStore } from '../core/record/store.ts'
import { SojournError } from '../core/report/errors.ts'
import { throwProblem } from '../core/report/option-check.ts'
import { Sessions } from '../core/sessions.ts'
import type { Store } from '../session/store.ts'
import { type CallbackStore, callbackStore } from '../stores/callback.ts'
import { memoryStore } from '../stores/memory.ts'
import { storeProblem } from './mistakes.ts'

/** Any store that a manager takes. A base class of express-session's kind may be given its verbs later. */
export type AnyStore = RecordStore | CallbackStore | Store

/** Whether a store keeps records, and does not call back as those for express-session do. */
export function isRecordStore(store: AnyStore): store is RecordStore {
  return 'replace' in store && 'create' in store
}

/** Whether a store has the verbs of one for express-session. */
export function isCallbackStore(store: AnyStore): store is CallbackStore {
  const hasVerbs = ['get', 'set', 'destroy', 'on'].every(
    verb => typeof Reflect.get(store, verb) === 'function',
  )
  return hasVerbs && !isRecordStore(store)
}

/** Makes the manager of a store's sessions, or of those in the memory of this process. */
export function makeSessions<Data extends object>(
  policy: Policy,
  store: AnyStore | undefined,
): Sessions<Data> {
  const { clock } = policy.deadline
  return new Sessions<Data>(new Engine(policy, recordsOf(store ?? memoryStore({ clock }))))
}

function recordsOf(store: AnyStore): RecordStore {
  // The engine hands a store for express-session its sessions, because the traits of its adapter say so.
  return isRecordStore(store) ? store : (callbackStore(store as CallbackStore) as never)
}

const maxAgeDecides = 'decides by `cookie.maxAge` when a session is over. Set that'
/** What a store for express-session cannot do, and what to do in its place. */
const notWithCallbacks = {
  idle: maxAgeDecides,
  absolute: maxAgeDecides,
  preset: maxAgeDecides,
  rotateEvery: 'keeps a session under one id. Call `regenerate`',
  maxPerSubject: 'does not know whose a session is. Leave it out',
  seal: 'keeps sessions as they are. Leave it out',
  codec: 'keeps sessions as they are. Leave it out',
}

/**
 * Checks a store, and that it can do what the options ask of it.
 *
 * @throws SojournError `OPTION_INVALID`
 */
export function checkStore(store: AnyStore, options: object): void {
  const problem = storeProblem(store)
  if (problem !== undefined) throwProblem('store', problem)
  if (isRecordStore(store)) return
  for (const [name, reason] of Object.entries(notWithCallbacks)) {
    const value: unknown = Reflect.get(options, name)
    if (!value || value === 'json') continue
    throw new SojournError(
      'OPTION_INVALID',
      `Expected no \`${name}\` with a store that was written for express-session, because such a store ${reason}, or use a store of Sojourn's.`,
    )
  }
}
