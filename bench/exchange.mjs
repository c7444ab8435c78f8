import { IncomingMessage, ServerResponse } from 'node:http'
import { Duplex } from 'node:stream'

/**
 * One connection whose other side swallows everything. A response is serialised and written to it on
 * Node's real path; only the system calls of a network are missing, so that they do not blur the figures.
 */
export class SilentSocket extends Duplex {
  remoteAddress = '127.0.0.1'

  _read() {}

  _write(_chunk, _encoding, callback) {
    callback()
  }

  _writev(_chunks, callback) {
    callback()
  }
}

/**
 * Opens one request and its response on the socket, as Node's server does once it has parsed the head,
 * and calls `onFinish` with the response when it has left. The next may be opened from then on.
 */
export function openExchange(socket, cookieBytes, onFinish) {
  const request = createRequest(socket, cookieBytes)
  const response = new ServerResponse(request)
  response.shouldKeepAlive = true
  response.assignSocket(socket)
  response.on('finish', () => {
    response.detachSocket(socket)
    process.nextTick(closeResponse, response)
    onFinish(response)
  })
  return { request, response }
}

function createRequest(socket, cookieBytes) {
  const request = new IncomingMessage(socket)
  request.httpVersion = '1.1'
  request.httpVersionMajor = 1
  request.httpVersionMinor = 1
  request.method = 'GET'
  request.url = '/page'
  const lines = headerLines(cookieBytes)
  request._addHeaderLines(lines, lines.length)
  request.complete = true
  assertHost(request)
  return request
}

function headerLines(cookieBytes) {
  const lines = ['Host', 'shop.example', 'User-Agent', 'Mozilla/5.0 (bench)', 'Accept', 'text/html']
  // A new string each time, as from a parser: a reused one would arrive with its hash already known.
  if (cookieBytes !== undefined) lines.push('Cookie', cookieBytes.latin1Slice())
  return lines
}

/** Node's server looks at the headers of every request, so building them is no cost of a session. */
function assertHost(request) {
  if (request.headers.host === undefined) throw new Error('The request lost its headers.')
}

function closeResponse(response) {
  response.destroyed = true
  response._closed = true
  response.emit('close')
}
