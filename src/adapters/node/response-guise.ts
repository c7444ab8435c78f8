import { AssignedLook } from './assigned-look.ts'
import { CoveredLook } from './covered-look.ts'
import type { HeadArguments } from './head.ts'
import type { Look } from './look.ts'
import { isHttp2, type NodeRequest, type NodeResponse } from './messages.ts'
import { standInFor } from './stand-in.ts'

/**
 * Makes a response look further on than it is: its head sent, or itself ended, while it waits for a save.
 * A stand-in that is really there answers for it. Taking the guise off brings the response back as it was.
 */
export class ResponseGuise {
  readonly #response: NodeResponse
  readonly #request: NodeRequest
  readonly #look: Look
  #standIn: NodeResponse | undefined

  constructor(response: NodeResponse, request: NodeRequest) {
    this.#response = response
    this.#request = request
    this.#look = isHttp2(request) ? new CoveredLook(response) : new AssignedLook(response)
  }

  /**
   * Throws what Node throws for such a head, because it is written for real only later. Answers false for a
   * head that only the response itself can refuse.
   */
  seemHeadSent(head: HeadArguments): boolean {
    const standIn = standInFor(this.#request)
    copyHead(this.#response, standIn, this.#request)
    Reflect.apply(standIn.writeHead, standIn, [...head])
    if (!standIn.headersSent) return false
    this.#standIn = standIn
    this.#look.take(standIn, 'head')
    return true
  }

  seemEnded(): void {
    const standIn = this.#there
    const hasHead = standIn.headersSent
    standIn.end()
    // Only now: a status that Node refuses is to be refused when the response leaves.
    if (!hasHead) copyStatus(this.#response, standIn, this.#request)
    standIn.on('error', error => this.#response.emit('error', error))
    this.#response.once('finish', () => standIn.emit('finish'))
    this.#look.take(standIn, 'end')
  }

  /** Does to the stand-in what was to be done to the response. */
  answer(name: string, args: readonly unknown[]): unknown {
    if (name === 'end' && this.#isBareEnd(args)) return this.#endAgain(args)
    const standIn = this.#there
    if (this.#response.destroyed) standIn.destroy()
    const result: unknown = Reflect.apply(Reflect.get(standIn, name), standIn, [...args])
    return result === standIn ? this.#response : result
  }

  #isBareEnd([chunk]: readonly unknown[]): boolean {
    return !isHttp2(this.#request) && (!chunk || typeof chunk === 'function')
  }

  /** What waits for the end of a response waits for the real one: Nodes differ in how they tell a stand-in's. */
  #endAgain(args: readonly unknown[]): NodeResponse {
    const callback = args.find(argument => typeof argument === 'function')
    if (callback !== undefined) this.#response.once('finish', () => callback())
    return this.#response
  }

  takeOff(): void {
    this.#look.drop()
  }

  get #there(): NodeResponse {
    this.#standIn ??= standInFor(this.#request)
    return this.#standIn
  }
}

function copyHead(from: NodeResponse, to: NodeResponse, request: NodeRequest): void {
  copyStatus(from, to, request)
  for (const [name, value] of Object.entries(from.getHeaders())) {
    if (value !== undefined) to.setHeader(name, value)
  }
}

function copyStatus(from: NodeResponse, to: NodeResponse, request: NodeRequest): void {
  to.statusCode = from.statusCode
  // HTTP/2 has no reason, and Node warns whoever looks for one.
  if (!isHttp2(request)) to.statusMessage = from.statusMessage
}
