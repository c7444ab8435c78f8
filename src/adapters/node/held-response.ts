import type { Failure } from '../../core/maybe-promise.ts'
import type { Exchange } from './exchange.ts'
import { addCookie, forgetBody } from './head.ts'
import { keepConnection } from './kept-connection.ts'
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
   * - `open`: nothing has left. A head that was given is in `#head`.
   * - `streaming`: the head has left, and the application goes on.
   * - `ending`, `finishing`: the application has ended the whole, or the stream, and the save is under way.
   * - `ended`: the original `end` was called.
   * - `released`: a failure has opened the response again. It goes on alone.
   */
  #phase: 'open' | 'streaming' | 'ending' | 'finishing' | 'ended' | 'released' = 'open'
  /** A head that the application has written and that has not left yet. */
  #head: Arguments | undefined
  /** What every head that leaves says. */
  #setCookie: string | undefined
  /** Whether the response can look as if its head had left; undefined before that was needed. */
  #canSeal: boolean | undefined

  constructor(response: NodeResponse, exchange: Exchange, originals: OriginalMethods) {
    this.#response = response
    this.#exchange = exchange
    this.#originals = originals
  }

  /** Decides the cookie, because the head leaves now or has left already. */
  begin(): void {
    if (this.#phase !== 'open') return
    this.#phase = 'streaming'
    const setCookie = this.#announce()
    this.#originals.during(() => this.#sendHead(setCookie))
    // The head of an upgrade is the whole answer: no end follows it.
    if (this.#exchange.request.upgrade) void this.#commit()?.then(failure => this.#report(failure))
  }

  end(args: Arguments): unknown {
    if (this.#originals.isAtWork || this.#phase === 'released') return this.#originals.call('end', args)
    if (this.#hasEnded) return this.#endAgain(args)
    // What Node refuses it refuses at once, and then the response has not ended.
    if (!isBody(args[0])) return this.#originals.call('end', args)
    this.#phase = this.#phase === 'open' ? 'ending' : 'finishing'
    const committing = this.#commit()
    if (committing === undefined) return this.#leave(args)
    void this.#leaveAfter(committing, args)
    return this.#response
  }

  write(args: Arguments): unknown {
    if (this.#isTransparent) return this.#originals.call('write', args)
    if (this.#hasEnded) return refuseWrite(this.#response, this.#exchange.request, args)
    this.begin()
    return this.#originals.call('write', args)
  }

  flushHeaders(args: Arguments): unknown {
    if (this.#isTransparent) return this.#originals.call('flushHeaders', args)
    if (this.#hasEnded) return undefined
    this.begin()
    return this.#originals.call('flushHeaders', args)
  }

  /** Keeps a head back until the first byte or the end, because it could not be taken back later. */
  writeHead(args: Arguments): unknown {
    if (this.#isSealed) throw headSentError(this.#exchange.request, 'write')
    if (this.#isTransparent || this.#phase !== 'open') return this.#passHead(args)
    if (!this.#seal()) return this.#beginWith(args)
    if (!this.#isHttp2) checkHead(args)
    this.#head = args
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
    const isKept = this.#head !== undefined
    if (!this.#isTransparent && !this.#hasEnded) this.begin()
    return isKept ? undefined : this.#originals.call('_implicitHeader', [])
  }

  #beginWith(head: Arguments): unknown {
    this.#head = head
    this.begin()
    return this.#response
  }

  get #isHttp2(): boolean {
    return isHttp2(this.#exchange.request)
  }

  get #isTransparent(): boolean {
    return this.#originals.isAtWork || this.#phase === 'ended' || this.#phase === 'released'
  }

  get #hasEnded(): boolean {
    return this.#phase === 'ending' || this.#phase === 'finishing' || this.#phase === 'ended'
  }

  /** Whether the application has given a head that has not left. */
  get #isSealed(): boolean {
    return !this.#originals.isAtWork && (this.#head !== undefined || this.#phase === 'ending')
  }

  /** Answers false for a response that cannot look as if its head had left. */
  #seal(): boolean {
    this.#canSeal ??= sealHead(this.#response, this.#exchange.request, () => this.#isSealed)
    return this.#canSeal
  }

  /** A second end does nothing, whatever it brings. Its callback is told of the first one. */
  #endAgain(args: Arguments): unknown {
    const callback = args.find(argument => typeof argument === 'function')
    if (callback === undefined) return this.#response
    if (this.#phase === 'ended') return this.#originals.call('end', [callback])
    this.#response.once?.('finish', () => Reflect.apply(callback, undefined, []))
    return this.#response
  }

  #flushHead(): void {
    try {
      this.begin()
    } catch (error) {
      this.#exchange.fail(error)
    }
  }

  // What is wrong with the session cannot stop a stream that the application has begun. The commit at its
  // end fails for the same reason.
  #announce(): string | undefined {
    try {
      return this.#exchange.announce()
    } catch (error) {
      this.#exchange.fail(error)
      return undefined
    }
  }

  /** Commits. Answers nothing when that is done, and otherwise the promise of how it went. */
  #commit(): Promise<Failure | undefined> | undefined {
    try {
      const committing = this.#exchange.commit()
      if (!(committing instanceof Promise)) return undefined
      return committing.then(
        () => undefined,
        error => ({ error }),
      )
    } catch (error) {
      return Promise.resolve({ error })
    }
  }

  async #leaveAfter(committing: Promise<Failure | undefined>, args: Arguments): Promise<void> {
    try {
      if (this.#phase === 'ending') this.#seal()
      const status = this.#status()
      const letGo = this.#isHttp2 ? undefined : keepConnection(this.#response)
      const failure = await committing
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
    return this.#originals.during(() => {
      this.#sendHead(setCookie)
      const answer = this.#originals.call('end', args)
      this.#phase = 'ended'
      return answer
    })
  }

  /** What a head says where none was given. HTTP/2 has no reason, and Node warns whoever looks for one. */
  #status(): object {
    const { statusCode } = this.#response
    return this.#isHttp2 ? { statusCode } : { statusCode, statusMessage: this.#response.statusMessage }
  }

  #report(failure: Failure | undefined): void {
    if (failure !== undefined) this.#exchange.fail(failure.error)
  }

  /** Opens the response again for the error handler. */
  #reopen(): void {
    this.#phase = 'released'
    this.#head = undefined
    // A session that goes on under an id that the visitor does not have yet is not to be lost with the answer.
    this.#setCookie = this.#exchange.setCookie
    forgetBody(this.#response)
  }

  #sendHead(setCookie: string | undefined): void {
    const head = this.#head
    this.#head = undefined
    this.#setCookie = setCookie
    if (head === undefined) this.#withCookie([])
    else this.#passHead(head)
  }

  // A patch that comes later may set cookies of its own at the very last moment, in place of ours.
  #passHead(head: Arguments): unknown {
    return this.#originals.call('writeHead', this.#withCookie(head))
  }

  #withCookie(head: Arguments): Arguments {
    const setCookie = this.#setCookie
    if (setCookie === undefined || this.#response.headersSent) return head
    return addCookie(this.#response, head, setCookie)
  }
}
