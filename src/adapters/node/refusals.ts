import { validateHeaderName, validateHeaderValue } from 'node:http'
import { inspect } from 'node:util'
import { headersIn } from './head.ts'
import { isHttp2, type NodeRequest, type NodeResponse } from './messages.ts'

/** The error that Node throws for a change to a head that has left. */
export function headSentError(request: NodeRequest, change: string): Error {
  if (isHttp2(request))
    return coded(new Error('Response has already been initiated.'), 'ERR_HTTP2_HEADERS_SENT')
  const message = `Cannot ${change} headers after they are sent to the client`
  return coded(new Error(message), 'ERR_HTTP_HEADERS_SENT')
}

/** Fails like Node's own write after the end: calls the callback, and over HTTP/1 emits `error`. */
export function refuseWrite(response: NodeResponse, request: NodeRequest, args: readonly unknown[]): false {
  const error = coded(new Error('write after end'), 'ERR_STREAM_WRITE_AFTER_END')
  const callback = args.find(argument => typeof argument === 'function')
  process.nextTick(() => {
    if (callback !== undefined) Reflect.apply(callback, undefined, [error])
    if (!isHttp2(request) && !response.destroyed) response.emit?.('error', error)
  })
  return false
}

/** Throws Node's errors for an invalid head now, because Node sees a held head only later. */
export function checkHead(head: readonly unknown[]): void {
  const [status, reason] = head
  if (!isStatus(status)) {
    throw coded(new RangeError(`Invalid status code: ${String(status)}`), 'ERR_HTTP_INVALID_STATUS_CODE')
  }
  if (typeof reason === 'string' && /[^\t\x20-\x7e\x80-\xff]/.test(reason)) {
    throw coded(new TypeError('Invalid character in statusMessage'), 'ERR_INVALID_CHAR')
  }
  const list = head.find(argument => Array.isArray(argument))
  if (Array.isArray(list) && list.length % 2 === 1 && !Array.isArray(list[0])) {
    const message = `The argument 'headers' is invalid. Received ${inspect(list)}`
    throw coded(new TypeError(message), 'ERR_INVALID_ARG_VALUE')
  }
  for (const [name, value] of headersIn(head)) {
    validateHeaderName(name)
    validateHeaderValue(name, value as string)
  }
}

/** Whether Node accepts a value as the body of `end`, or as none. */
export function isBody(chunk: unknown): boolean {
  return !chunk || typeof chunk === 'string' || typeof chunk === 'function' || chunk instanceof Uint8Array
}

function isStatus(status: unknown): boolean {
  const number = Number(status) | 0
  return number >= 100 && number <= 999
}

function coded(error: Error, code: string): Error {
  return Object.assign(error, { code })
}
