import { EventEmitter } from 'node:events'
import { inherits } from 'node:util'
import { describe, expect, test } from 'vitest'
import { memory, sessions } from './site.ts'
import { type CallbackStore, deepPath, namespace, subject } from './subject.ts'

describe('the module', () => {
  test('is a function that makes a middleware of three parameters', () => {
    expect(typeof subject).toBe('function')
    expect(sessions()).toBeTypeOf('function')
    expect(sessions().length).toBe(3)
  })

  test.each(['Store', 'Cookie', 'Session', 'MemoryStore'] as const)('carries %s as a property', name => {
    expect(subject[name]).toBeTypeOf('function')
  })

  test.each(['Store', 'Cookie', 'Session', 'MemoryStore'] as const)('exports %s by name', name => {
    expect(namespace[name]).toBe(subject[name])
  })

  test.each([
    ['store', 'Store'],
    ['memory', 'MemoryStore'],
    ['cookie', 'Cookie'],
    ['session', 'Session'],
  ] as const)('answers under session/%s with its %s', async (path, name) => {
    expect(await deepPath(path)).toBe(subject[name])
  })

  test('hands a factory-style store what it looks for', () => {
    const factory = (host: { Store?: unknown; session?: { Store?: unknown } }) =>
      host.Store ?? host.session?.Store
    expect(factory(subject)).toBe(subject.Store)
  })
})

describe('Store', () => {
  test('is an EventEmitter', () => {
    expect(new subject.Store()).toBeInstanceOf(EventEmitter)
  })

  test('is the class of MemoryStore', () => {
    expect(memory()).toBeInstanceOf(subject.Store)
  })

  test.each(['regenerate', 'load', 'createSession'] as const)('brings %s along', verb => {
    expect(new subject.Store()[verb]).toBeTypeOf('function')
  })

  test('can be called on an object that inherits by util.inherits', () => {
    const old = new OldStyle({ size: 3 })
    expect(old).toBeInstanceOf(subject.Store)
    expect(old).toBeInstanceOf(EventEmitter)
  })

  test('makes an old-style heir emit events', () => {
    const old = new OldStyle({})
    const heard: unknown[] = []
    old.on('connect', word => heard.push(word))
    old.emit('connect', 'ready')
    expect(heard).toEqual(['ready'])
  })

  test('can be called on an object whose prototype was set by hand', () => {
    function ByHand(this: object) {
      subject.Store.call(this)
    }
    Object.setPrototypeOf(ByHand.prototype, subject.Store.prototype)
    const made: unknown = Reflect.construct(ByHand, [])
    expect(made).toBeInstanceOf(subject.Store)
  })

  test('can be extended by a class', () => {
    class Modern extends subject.Store {
      readonly size = 4
    }
    const modern = new Modern()
    expect(modern).toBeInstanceOf(EventEmitter)
    expect(modern.size).toBe(4)
    expect(modern.createSession).toBeTypeOf('function')
  })

  test('calls a verb of an extending class in place of its own', () => {
    class Modern extends subject.Store {
      override load(): void {
        this.emit('loaded')
      }
    }
    const modern = new Modern()
    let isLoaded = false
    modern.on('loaded', () => {
      isLoaded = true
    })
    modern.load()
    expect(isLoaded).toBe(true)
  })

  test('gets generate from the middleware that it is given to', () => {
    const store = memory()
    sessions({ store })
    expect(store.generate).toBeTypeOf('function')
  })

  test('is listened to for disconnect and connect', () => {
    const store = memory()
    sessions({ store })
    expect(store.listenerCount('disconnect')).toBe(1)
    expect(store.listenerCount('connect')).toBe(1)
  })
})

describe('MemoryStore', () => {
  test('can be subclassed by an old-style constructor', () => {
    function Louder(this: object) {
      // An ES5 heir calls the parent as a function.
      Reflect.apply(subject.MemoryStore, this, [])
    }
    inherits(Louder, subject.MemoryStore)
    expect(Reflect.construct(Louder, [])).toBeInstanceOf(subject.Store)
  })

  test.each(['all', 'clear', 'destroy', 'get', 'length', 'set', 'touch'] as const)(
    'has the verb %s',
    verb => {
      expect(memory()[verb]).toBeTypeOf('function')
    },
  )
})

interface OldStyleConstructor {
  new (options: object): CallbackStore
}

function OldStyleStore(this: object, own: object) {
  subject.Store.call(this, own)
}
inherits(OldStyleStore, subject.Store)

// A function with a prototype is constructible; TypeScript has no way to see it.
const OldStyle = OldStyleStore as unknown as OldStyleConstructor
