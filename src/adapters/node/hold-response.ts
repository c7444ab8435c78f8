import type { Exchange } from './exchange.ts'
import { HeldResponse } from './held-response.ts'
import type { NodeResponse } from './messages.ts'
import { type Methods, OriginalMethods } from './original-methods.ts'

/** Holds a response back until the session of its exchange is saved. Throws for a frozen response. */
export function holdResponse(response: NodeResponse, exchange: Exchange): void {
  // Each method is only ever called with the arguments that the application gave for the same method.
  const methods = response as unknown as Methods
  const { end, write, writeHead, flushHeaders, _implicitHeader } = methods
  const originals = { end, write, writeHead, flushHeaders, _implicitHeader }
  const held = new HeldResponse(response, exchange, new OriginalMethods(response, originals))
  if (typeof end === 'function') methods.end = (...args) => held.end(args)
  if (typeof write === 'function') methods.write = (...args) => held.write(args)
  if (typeof writeHead === 'function') methods.writeHead = (...args) => held.writeHead(args)
  if (typeof flushHeaders === 'function') methods.flushHeaders = (...args) => held.flushHeaders(args)
  if (typeof _implicitHeader === 'function') methods._implicitHeader = () => held.implicitHeader()
  if (response.headersSent) held.begin()
}
