import { Engine } from '../core/engine/engine.ts'
import type { Policy } from '../core/policy/options.ts'
import type { Store as RecordStore } from '../core/record/store.ts'
import { SojournError } from '../core/report/errors.ts'
import { type ReportProblem, throwProblem } from '../core/report/option-check.ts'
import { Sessions } from '../core/sessions.ts'
import type { Store } from '../session/store.ts'
import { type CallbackStore, callbackStore } from '../stores/callback.ts'
import { memoryStore } from '../stores/memory.ts'
import { storeProblem } from './mistakes.ts'

/** Any store that a manager accepts. An instance of the base class may get its methods later. */
export type AnyStore = RecordStore | CallbackStore | Store

/** Whether a store keeps records, and is not a callback store for express-session. */
export function isRecordStore(store: AnyStore): store is RecordStore {
  return 'replace' in store && 'create' in store
}

/** Whether a store has the methods of a store for express-session. */
export function isCallbackStore(store: AnyStore): store is CallbackStore {
  const hasVerbs = ['get', 'set', 'destroy', 'on'].every(
    verb => typeof Reflect.get(store, verb) === 'function',
  )
  return hasVerbs && !isRecordStore(store)
}

/** Makes the manager of the sessions in a store. Without a store, it makes a memory store. */
export function makeSessions<Data extends object>(
  policy: Policy,
  store: AnyStore | undefined,
): Sessions<Data> {
  const { clock } = policy.deadline
  return new Sessions<Data>(new Engine(policy, recordsOf(store ?? memoryStore({ clock }))))
}

function recordsOf(store: AnyStore): RecordStore {
  // `callbackStore` takes sessions, not encoded data; the engine passes it sessions, because its traits say so.
  return isRecordStore(store) ? store : (callbackStore(store as CallbackStore) as never)
}

const maxAgeDecides = 'decides by `cookie.maxAge` when a session expires. Set that'
/** The options that do not work with a store for express-session: the reason, and an alternative. */
const notWithCallbacks = {
  idle: maxAgeDecides,
  absolute: maxAgeDecides,
  preset: maxAgeDecides,
  rotateEvery: 'keeps a session under one id. Call `regenerate`',
  maxPerSubject: 'cannot find sessions by subject. Leave it out',
  seal: 'keeps sessions as they are. Leave it out',
  codec: 'keeps sessions as they are. Leave it out',
}

/**
 * Checks a store, and that it supports the options.
 *
 * @throws SojournError `OPTION_INVALID`
 */
export function checkStore(store: AnyStore, options: object, report: ReportProblem = throwProblem): void {
  const problem = storeProblem(store)
  if (problem !== undefined) report('store', problem)
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
