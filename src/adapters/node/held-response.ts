import { type Failure, failureOf } from '../../core/record/maybe-promise.ts'
import type { MaybePromise } from '../../core/record/store.ts'
import type { Exchange } from './exchange.ts'
import { keepConnection } from './kept-connection.ts'
import { KeptHead } from './kept-head.ts'
import { callBack, LastPart } from './last-part.ts'
import { isHttp2, type NodeResponse } from './messages.ts'
import { type Arguments, type Methods, OriginalMethods } from './original-methods.ts'
import { checkHead, headSentError, isBody, refuseWrite } from './refusals.ts'
import { sealHead } from './sealed-head.ts'

/** Lets a response leave only once the session of its exchange is stored. A frozen response throws. */
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

/**
 * A response that leaves only once its session is stored.
 *
 * - Ended in one piece: nothing of it leaves before the commit, the head included, so that a commit that
 *   fails can still become an error response.
 * - Streaming: it is passed through at once. The cookie is decided at the first byte, the end waits.
 *
 * Meanwhile the response tells the truth: it has not ended. Only what would answer a second time is refused.
 */
class HeldResponse {
  readonly #response: NodeResponse
  readonly #exchange: Exchange
  readonly #originals: OriginalMethods
  /**
   * - `open`: nothing has left. A head that was given is kept.
   * - `streaming`: the head has left, and the application goes on.
   * - `ending`, `finishing`: the application has ended the whole, or the stream, and the save is under way.
   * - `ended`: the original `end` was called.
   * - `released`: a failure has opened the response again. It goes on alone.
   */
  #phase: 'open' | 'streaming' | 'ending' | 'finishing' | 'ended' | 'released' = 'open'
  readonly #head: KeptHead
  /** The end of the body; undefined before anything of the response has left. */
  #lastPart: LastPart | undefined
  /** Whether the response can look as if its head had left; undefined before that was needed. */
  #canSeal: boolean | undefined

  constructor(response: NodeResponse, exchange: Exchange, originals: OriginalMethods) {
    this.#response = response
    this.#exchange = exchange
    this.#originals = originals
    this.#head = new KeptHead(response, originals)
  }

  /** Decides the cookie, because the head leaves now or has left already. */
  begin(): void {
    if (this.#phase !== 'open') return
    const hasLeft = this.#originals.during(() => this.#response.headersSent)
    if (this.#isHeadOnly && !hasLeft) return void this.end([])
    this.#phase = 'streaming'
    const setCookie = this.#exchange.announce() ?? this.#exchange.setCookie
    this.#lastPart ??= new LastPart(this.#response, this.#head.given)
    this.#originals.during(() => this.#head.send(setCookie))
    // The head of an upgrade is the whole answer: no end follows it.
    if (this.#exchange.request.upgrade) void this.#commitAlone()
  }

  end(args: Arguments): unknown {
    if (this.#originals.isAtWork || this.#phase === 'released') return this.#originals.call('end', args)
    if (this.#hasEnded) return this.#endAgain(args)
    // What Node refuses it refuses at once, and then the response has not ended.
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
   * Keeps the last part back until the session is stored. A failure is told by the end, because the application may be
   * about to end the response. Answers false where nothing waits.
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

  /** Takes a part of a body that never leaves. */
  #dropBody(args: Arguments): true {
    this.begin()
    process.nextTick(callBack, args)
    return true
  }

  flushHeaders(args: Arguments): unknown {
    if (this.#isTransparent) return this.#originals.call('flushHeaders', args)
    if (this.#hasEnded) return undefined
    this.begin()
    return this.#hasEnded ? undefined : this.#originals.call('flushHeaders', args)
  }

  /** Keeps a head back until the first byte or the end, because it could not be taken back later. */
  writeHead(args: Arguments): unknown {
    if (this.#isSealed) throw headSentError(this.#exchange.request, 'write')
    if (this.#isTransparent || this.#phase !== 'open') return this.#head.pass(args)
    if (!this.#seal()) return this.#beginWith(args)
    if (!this.#isHttp2) checkHead(args)
    this.#head.given = args
    // As Node's own does.
    this.#response.statusCode = Number(args[0])
    // Over HTTP/2 a head leaves by itself, without any byte behind it.
    if (this.#isHttp2) setImmediate(() => this.#flushHead())
    return this.#response
  }

  /**
   * A head that nobody waits with: what calls this sends a body next. It is called past this response by methods that
   * somebody has kept from before the middleware, too.
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

  /** Over HTTP/2 the head of an answer to HEAD is the whole answer: Node ends it there, and a pipe behind it never ends. */
  get #isHeadOnly(): boolean {
    return this.#isHttp2 && this.#exchange.request.method === 'HEAD'
  }

  get #isTransparent(): boolean {
    return this.#originals.isAtWork || this.#phase === 'ended' || this.#phase === 'released'
  }

  get #hasEnded(): boolean {
    return this.#phase === 'ending' || this.#phase === 'finishing' || this.#phase === 'ended'
  }

  /** Whether the application has given a head, or a part, that has not left. */
  get #isSealed(): boolean {
    if (this.#originals.isAtWork) return false
    return this.#head.given !== undefined || this.#phase === 'ending' || this.#lastPart?.isWaiting === true
  }

  /** Answers false for a response that cannot look as if its head had left. */
  #seal(): boolean {
    this.#canSeal ??= sealHead(this.#response, this.#exchange.request, () => this.#isSealed)
    return this.#canSeal
  }

  /** A second end does nothing, whatever it brings. Its callback is told of the first one. */
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

  /** Lets the response go with the status that it had when it was ended. */
  #leaveAs(status: object, args: Arguments): void {
    const wanted = this.#phase === 'ending' ? Object.entries(status) : []
    for (const [name, value] of wanted) Reflect.set(this.#response, name, value)
    this.#leave(args)
  }

  /** Lets the response go. What Node refuses now is thrown, and leaves the response open. */
  #leave(args: Arguments): unknown {
    const setCookie = this.#phase === 'ending' ? this.#exchange.setCookie : undefined
    // A method that somebody has kept from before the middleware may have ended it meanwhile.
    this.#phase = this.#response.writableEnded ? 'ended' : 'released'
    if (this.#phase === 'ended') return this.#response
    const hasMore = setCookie !== undefined || this.#head.given !== undefined || this.#lastPart !== undefined
    if (hasMore) this.#originals.during(() => this.#head.send(setCookie))
    this.#writeLast()
    const answer = this.#originals.call('end', args)
    this.#phase = 'ended'
    return answer
  }

  /** What a head says where none was given. HTTP/2 has no reason, and Node warns whoever looks for one. */
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
    // A session that goes on under an id that the visitor does not have yet is not to be lost with the answer.
    this.#head.beginAnew(this.#exchange.setCookie)
  }
}
