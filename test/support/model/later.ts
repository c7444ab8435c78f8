import type { Store } from '../../../src/core/record/store.ts'
import type { StoreBench } from '../../../src/testing/index.ts'

/** The same store as one over a network: the core takes no answer of it for immediate. */
export function later(bench: StoreBench): StoreBench {
  return { ...bench, store: withoutTraits(bench.store) }
}

function withoutTraits(store: Store): Store {
  return new Proxy(store, {
    get(target, name) {
      if (name === 'traits') return {}
      const found: unknown = Reflect.get(target, name)
      return typeof found === 'function' ? found.bind(target) : found
    },
  })
}
