import { ServerResponse } from 'node:http'
import { Http2ServerResponse } from 'node:http2'
import { isProxy } from 'node:util/types'
import { visitKey } from '../../core/session.ts'
import type { MethodHost, MethodName, NodeRequest, NodeResponse } from './messages.ts'

export const methodNames: readonly MethodName[] = ['end', 'write', 'writeHead', 'flushHeaders']
type Method = (...args: readonly unknown[]) => unknown
export type Methods = { readonly [name in MethodName]: Method }

/** The methods of one kind of response: the ones that stand in front, and Node's own behind them. */
interface Kind {
  readonly methods: Methods
  readonly natives: Methods
}

const kinds: Kind[] = []

/**
 * Puts a switch in front of the methods of every response, once for all.
 *
 * `res.end(req.session.views)` looks `end` up before it looks at the session. So the method that is there before
 * anybody has looked must be able to tell that a session has come between.
 */
export function installResponseMethods(): void {
  if (kinds.length > 0) return
  for (const prototype of [ServerResponse.prototype, Http2ServerResponse.prototype]) {
    kinds.push(installOn(prototype as unknown as NodeResponse))
  }
}

/**
 * Node's own methods of a response that nobody has patched; undefined for one whose methods are others, which
 * are to be called, and whose place in front of Node is to be kept.
 */
export function nativeMethods({ end, write, writeHead, flushHeaders }: NodeResponse): Methods | undefined {
  for (const { methods, natives } of kinds) {
    const isPlain = end === methods.end && write === methods.write
    if (isPlain && writeHead === methods.writeHead && flushHeaders === methods.flushHeaders) return natives
  }
  return undefined
}

/** Node's own methods of a response that somebody may have patched since. */
export function nativeMethodsOf(response: NodeResponse): Methods {
  const [http1, http2] = kinds
  const kind = response instanceof ServerResponse ? http1 : http2
  return kind?.natives ?? ownMethods(response)
}

/** The methods that a response has now, whoever has put them there. */
export function ownMethods({ end, write, writeHead, flushHeaders }: NodeResponse): Methods {
  // Each is only ever called with the arguments that the application gave for the same method.
  return { end, write, writeHead, flushHeaders } as unknown as Methods
}

function installOn(prototype: NodeResponse): Kind {
  const natives = ownMethods(prototype)
  for (const name of methodNames) {
    const value = switchFor(name, natives[name])
    const enumerable = isListed(prototype, name)
    Object.defineProperty(prototype, name, { value, writable: true, enumerable, configurable: true })
  }
  return { methods: ownMethods(prototype), natives }
}

/** Whoever copies a response name by name finds what Node lets them find. */
function isListed(prototype: object, name: MethodName): boolean {
  for (const listed in prototype) if (listed === name) return true
  return false
}

function switchFor(name: MethodName, native: Method): Method {
  function method(this: NodeResponse, ...args: readonly unknown[]): unknown {
    const host = hostOf(this)
    return host === undefined ? Reflect.apply(native, this, args) : host.receive(name, args)
  }
  return Object.defineProperties(method, {
    name: { value: name, configurable: true },
    length: { value: native.length, configurable: true },
  })
}

/** A stand-in for a response has the same request, and is nobody's. */
function hostOf(response: NodeResponse): MethodHost | undefined {
  const request: NodeRequest | undefined = response.req
  const host = request?.[visitKey]?.responseHost
  return host !== undefined && isSame(response, host.response) ? host : undefined
}

/** Whoever wraps a response, by a proxy or by inheritance, means the response. */
function isSame(response: NodeResponse, held: NodeResponse): boolean {
  return response === held || Object.prototype.isPrototypeOf.call(held, response) || isProxy(response)
}
