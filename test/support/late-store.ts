import type { RecordStore } from 'sojourn'
import type { RecordMemory } from 'sojourn/memory'

/** The same store, as one over a network answers. */
export function later(records: RecordMemory): RecordStore {
  return new Proxy(records, {
    get(target, name) {
      if (name === 'traits') return {}
      const found: unknown = Reflect.get(target, name)
      return typeof found === 'function'
        ? async (...args: readonly unknown[]) => Reflect.apply(found, target, args)
        : found
    },
  })
}
