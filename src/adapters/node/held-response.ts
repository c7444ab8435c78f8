import { type Failure, failureOf } from '../../core/record/maybe-promise.ts'
import type { MaybePromise } from '../../core/record/store.ts'
import type { Exchange } from './exchange.ts'
import { hasNoBody } from './head.ts'
import { keepConnection } from './kept-connection.ts'
import { KeptHead } from './kept-head.ts'
import { callBack, LastPart } from './last-part.ts'
import { isHttp2, type NodeResponse } from './messages.ts'
import type { Arguments, OriginalMethods } from './original-methods.ts'
import { checkHead, headSentError, isBody, refuseWrite } from './refusals.ts'
import { sealHead } from './sealed-head.ts'

/**
 * A response that leaves only after its session is saved.
 *
 * - Sent in one piece: nothing leaves before the commit, not even the head. If the commit fails, the application can
 *   still send an error response.
 * - Streamed: every part passes through at once. The cookie is decided at the first byte. The end waits for the commit.
 *
 * While it waits, properties such as `writableEnded` say that the response has not ended. A second answer is refused.
 */
export class HeldResponse {
  readonly #response: NodeResponse
  readonly #exchange: Exchange
  readonly #originals: OriginalMethods
  /**
   * - `open`: nothing has left. A head from `writeHead` is held back.
   * - `streaming`: the head has left, and the application may write more.
   * - `ending`: the application has ended a response of one piece, and the save is running.
   * - `finishing`: the application has ended a stream, and the save is running.
   * - `ended`: the original `end` was called.
   * - `released`: after a failure. All calls go to the original methods.
   */
  #phase: 'open' | 'streaming' | 'ending' | 'finishing' | 'ended' | 'released' = 'open'
  readonly #head: KeptHead
  /** The end of the body; undefined before anything of the response has left. */
  #lastPart: LastPart | undefined
  /** Whether `sealHead` works for this response; undefined before the first try. */
  #canSeal: boolean | undefined

  constructor(response: NodeResponse, exchange: Exchange, originals: OriginalMethods) {
    this.#response = response
    this.#exchange = exchange
    this.#originals = originals
    this.#head = new KeptHead(response, originals)
  }

  /** Decides the cookie, because the head leaves now or has already left. */
  begin(): void {
    if (this.#phase !== 'open') return
    const hasLeft = this.#originals.during(() => this.#response.headersSent)
    if (this.#isHeadOnly && !hasLeft) return void this.end([])
    this.#phase = 'streaming'
    const setCookie = this.#exchange.announce() ?? this.#exchange.setCookie
    this.#lastPart ??= new LastPart(this.#response, this.#head.given)
    this.#originals.during(() => this.#head.send(setCookie))
    // After the head of an upgrade, the application never calls `end`.
    if (this.#exchange.request.upgrade) void this.#commitAlone()
  }

  end(args: Arguments): unknown {
    if (this.#originals.isAtWork || this.#phase === 'released') return this.#originals.call('end', args)
    if (this.#hasEnded) return this.#endAgain(args)
    // Node throws at once for an invalid body, and the response has not ended.
    if (!isBody(args[0])) return this.#originals.call('end', args)
    this.#phase = this.#phase === 'open' ? 'ending' : 'finishing'
    const committing = failureOf(() => this.#exchange.commit()) ?? this.#lastPart?.storing
    if (committing === undefined) return this.#leave(args)
    void this.#leaveAfter(committing, args)
    return this.#response
  }

  write(args: Arguments): unknown {
    if (this.#isHeadOnly && !this.#originals.isAtWork) return this.#dropBody(args)
    if (this.#isTransparent) return this.#originals.call('write', args)
    if (this.#hasEnded) return refuseWrite(this.#response, this.#exchange.request, args)
    this.#lastPart ??= new LastPart(this.#response, this.#head.given)
    if (this.#lastPart.completes(args) && this.#waitsWith(this.#lastPart, args)) return true
    this.begin()
    return this.#originals.call('write', args)
  }

  /**
   * Holds the last part back until the session is saved. If the save fails, `end` reports it, because the application
   * may be about to call that. Returns false when the part need not wait.
   */
  #waitsWith(last: LastPart, part: Arguments): boolean {
    last.storing ??= failureOf(() => this.#exchange.flush())
    if (last.storing === undefined || !this.#seal()) return false
    last.wait(part)
    Promise.resolve(last.storing)
      .then(failure => this.#goOn(part, failure))
      .catch(error => this.#exchange.fail(error))
    return true
  }

  #goOn(part: Arguments, failure: Failure | undefined): void {
    if (failure !== undefined && !this.#exchange.sendsAnyway) callBack(part, failure.error)
    else if (!this.#hasEnded) {
      this.begin()
      this.#writeLast()
    }
  }

  #writeLast(): void {
    for (const part of this.#lastPart?.take() ?? []) this.#originals.call('write', part)
  }

  /** Accepts a part of the body of an answer to HEAD, and discards it. */
  #dropBody(args: Arguments): true {
    this.begin()
    process.nextTick(callBack, args)
    return true
  }

  flushHeaders(args: Arguments): unknown {
    if (this.#isTransparent) return this.#originals.call('flushHeaders', args)
    if (this.#hasEnded) return undefined
    // A head without a body is the whole response, so it waits for the end.
    if (this.#phase === 'open' && this.#isWholeWithHead)
      return void this.writeHead([this.#response.statusCode])
    this.begin()
    return this.#hasEnded ? undefined : this.#originals.call('flushHeaders', args)
  }

  /** Holds a head back until the first byte or the end: once sent, it could not become an error response. */
  writeHead(args: Arguments): unknown {
    if (this.#isSealed) throw headSentError(this.#exchange.request, 'write')
    if (this.#isTransparent || this.#phase !== 'open') return this.#head.pass(args)
    if (!this.#seal()) return this.#beginWith(args)
    if (!this.#isHttp2) checkHead(args)
    this.#head.given = args
    // As Node's own `writeHead` does.
    this.#response.statusCode = Number(args[0])
    // Over HTTP/2, `writeHead` sends the head even if no body follows.
    if (this.#isHttp2) setImmediate(() => this.#flushHead())
    return this.#response
  }

  /**
   * Sends the head at once, because the caller sends the body next. Methods that a patch has saved before this
   * middleware ran call it too, and bypass this class.
   */
  implicitHeader(): unknown {
    const isKept = this.#head.given !== undefined
    if (!this.#isTransparent && !this.#hasEnded) this.begin()
    return isKept ? undefined : this.#originals.call('_implicitHeader', [])
  }

  #beginWith(head: Arguments): unknown {
    this.#head.given = head
    this.begin()
    return this.#response
  }

  get #isHttp2(): boolean {
    return isHttp2(this.#exchange.request)
  }

  /** Over HTTP/2, Node ends the answer to a HEAD request with its head, so that a pipe into it would never end. */
  get #isHeadOnly(): boolean {
    return this.#isHttp2 && this.#exchange.request.method === 'HEAD'
  }

  /** Whether the response has no body, over HTTP/1, and the application has given no head yet. */
  get #isWholeWithHead(): boolean {
    const { request } = this.#exchange
    return !isHttp2(request) && this.#head.given === undefined && hasNoBody(this.#response, request)
  }

  get #isTransparent(): boolean {
    return this.#originals.isAtWork || this.#phase === 'ended' || this.#phase === 'released'
  }

  get #hasEnded(): boolean {
    return this.#phase === 'ending' || this.#phase === 'finishing' || this.#phase === 'ended'
  }

  /** Whether a head or a part of the application is held back. */
  get #isSealed(): boolean {
    if (this.#originals.isAtWork) return false
    return this.#head.given !== undefined || this.#phase === 'ending' || this.#lastPart?.isWaiting === true
  }

  /** Makes the response report that its head has left. Returns false if that is not possible. */
  #seal(): boolean {
    this.#canSeal ??= sealHead(this.#response, this.#exchange.request, () => this.#isSealed)
    return this.#canSeal
  }

  /** A second `end` sends nothing. Its callback is called when the first one has finished. */
  #endAgain(args: Arguments): unknown {
    const callback = args.find(argument => typeof argument === 'function')
    if (callback !== undefined && this.#phase === 'ended') return this.#originals.call('end', [callback])
    if (callback !== undefined) this.#response.once?.('finish', () => callBack(args))
    return this.#response
  }

  #flushHead(): void {
    try {
      this.begin()
    } catch (error) {
      this.#exchange.fail(error)
    }
  }

  async #leaveAfter(committing: MaybePromise<Failure | undefined>, args: Arguments): Promise<void> {
    try {
      if (this.#phase === 'ending') this.#seal()
      const status = this.#status()
      const letGo = this.#isHttp2 ? undefined : keepConnection(this.#response)
      const failure = (await committing) ?? (await this.#lastPart?.storing)
      letGo?.()
      if (failure === undefined || this.#exchange.sendsAnyway) this.#leaveAs(status, args)
      else this.#reopen()
      this.#report(failure)
    } catch (error) {
      this.#reopen()
      this.#report({ error })
    }
  }

  /** Sends the response with the status that it had when the application ended it. */
  #leaveAs(status: object, args: Arguments): void {
    const wanted = this.#phase === 'ending' ? Object.entries(status) : []
    for (const [name, value] of wanted) Reflect.set(this.#response, name, value)
    this.#leave(args)
  }

  /** Sends the response. If Node throws now, the response stays open. */
  #leave(args: Arguments): unknown {
    const setCookie = this.#phase === 'ending' ? this.#exchange.setCookie : undefined
    // A method that a patch has saved before this middleware ran may have ended the response meanwhile.
    this.#phase = this.#response.writableEnded ? 'ended' : 'released'
    if (this.#phase === 'ended') return this.#response
    const hasMore = setCookie !== undefined || this.#head.given !== undefined || this.#lastPart !== undefined
    if (hasMore) this.#originals.during(() => this.#head.send(setCookie))
    this.#writeLast()
    const answer = this.#originals.call('end', args)
    this.#phase = 'ended'
    return answer
  }

  /** The status of a head without `writeHead`. HTTP/2 has no status message, and Node warns when it is read. */
  #status(): object {
    const { statusCode } = this.#response
    return this.#isHttp2 ? { statusCode } : { statusCode, statusMessage: this.#response.statusMessage }
  }

  async #commitAlone(): Promise<void> {
    this.#report(await failureOf(() => this.#exchange.commit()))
  }

  #report(failure: Failure | undefined): void {
    if (failure !== undefined) this.#exchange.fail(failure.error)
  }

  /** Opens the response again for the error handler. */
  #reopen(): void {
    this.#phase = 'released'
    this.#lastPart?.take()
    // The session may have a new id, which the visitor needs: the error response carries its cookie.
    this.#head.beginAnew(this.#exchange.setCookie)
  }
}
