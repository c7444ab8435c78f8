import type { Failure } from '../../core/maybe-promise.ts'
import type { MaybePromise } from '../../core/store.ts'
import { addCookie, forgetBody, type HeadArguments } from './head.ts'
import { isHttp2, type MethodHost, type MethodName, type NodeRequest, type NodeResponse } from './messages.ts'
import { ResponseGuise } from './response-guise.ts'
import { type Methods, methodNames } from './response-methods.ts'
import { standInFor } from './stand-in.ts'

/** The session's side of a response. */
export interface Commitment {
  readonly request: NodeRequest
  /** Whether an answer leaves as it was written even when its session cannot be stored. */
  readonly sendsAnyway: boolean
  /** What `Set-Cookie` is to say. Known once the commit is done. */
  readonly setCookie: string | undefined
  /** Decides the cookie of a response that streams. */
  announce(): string | undefined
  /** Stores what is to be stored. */
  commit(): MaybePromise<void>
  /** Hands an error to the application's error handler. */
  fail(error: unknown): void
}

/**
 * A response that leaves only once its session is stored.
 *
 * - Ended in one piece: nothing of it leaves before the commit, the head included, so that a commit that
 *   fails can still become an error response.
 * - Streaming: it is passed through at once. The cookie is decided at the first byte, the end waits.
 *
 * `waiting` becomes `streaming` at the first byte, `ending` at `end`, and `released` when the original
 * response goes on alone.
 */
export class HeldResponse implements MethodHost {
  readonly response: NodeResponse
  /** Set when this stands in front of whoever has patched the response before. */
  isInstalled = false
  readonly #commitment: Commitment
  /** What the response looks like while it waits; undefined while it looks as it is. */
  #guise: ResponseGuise | undefined
  /** What is called when something is to leave: Node's own methods, or those of whoever has patched the response before. */
  readonly #originals: Methods
  #phase: 'waiting' | 'streaming' | 'ending' | 'released'
  /** Set once the application has ended the response. */
  #hasEnded = false
  /** A head that the application has written and that has not left yet. */
  #head: HeadArguments | undefined
  /** What every head that leaves is to say. */
  #setCookie: string | undefined
  /** True inside a call of an original method, whose own calls of the others are not the application's. */
  #isPassing = false

  constructor(response: NodeResponse, commitment: Commitment, methods: Methods) {
    this.response = response
    this.#commitment = commitment
    this.#phase = response.headersSent ? 'streaming' : 'waiting'
    this.#originals = methods
  }

  /**
   * Decides what is decided already: of a session that is first looked at after the head has left, the cookie
   * cannot be sent.
   */
  begin(): void {
    if (this.#phase === 'streaming') this.#announce()
  }

  /** Puts this in front of a response that has been patched before. Whoever patches it later is in front of this. */
  install(): void {
    this.isInstalled = true
    for (const name of methodNames) {
      Reflect.set(this.response, name, (...args: readonly unknown[]) => this.receive(name, args))
    }
  }

  receive(name: MethodName, args: readonly unknown[]): unknown {
    if (name === 'end') return this.#end(args)
    if (name === 'write') return this.#write(args)
    return name === 'writeHead' ? this.#writeHead(args) : this.#flushHeaders(args)
  }

  #end(args: readonly unknown[]): unknown {
    // express-session's way: a second end does nothing, whatever it is given.
    if (this.#hasEnded && this.#commitment.sendsAnyway && !this.#isPassing) return this.response
    if (this.#isTransparent) return this.#pass('end', args)
    if (this.#phase === 'ending') return this.#disguise().answer('end', args)
    // What Node refuses it refuses at once, and then the response has not ended.
    if (!isPlainBody(args[0])) refuseBody(this.#commitment.request, args)
    const wasStreaming = this.#phase === 'streaming'
    this.#phase = 'ending'
    this.#hasEnded = true
    const committing = this.#commit()
    if (committing === undefined) return this.#leave(args, wasStreaming)
    this.#disguise().seemEnded()
    this.#leaveLater(committing, args, wasStreaming)
    return this.response
  }

  #write(args: readonly unknown[]): unknown {
    if (this.#isTransparent) return this.#pass('write', args)
    if (this.#phase === 'ending') return this.#disguise().answer('write', args)
    this.#beginStream()
    return this.#pass('write', args)
  }

  #flushHeaders(args: readonly unknown[]): unknown {
    if (this.#isTransparent) return this.#pass('flushHeaders', args)
    if (this.#phase === 'ending') return this.#disguise().answer('flushHeaders', args)
    this.#beginStream()
    return this.#pass('flushHeaders', args)
  }

  /** Keeps the head back until the first byte or the end, because it could not be taken back later. */
  #writeHead(args: readonly unknown[]): unknown {
    if (this.#isTransparent || this.#phase === 'streaming') return this.#passHead(args)
    const guise = this.#disguise()
    if (this.#phase === 'ending' || this.#head !== undefined) return guise.answer('writeHead', args)
    if (!guise.seemHeadSent(args)) return this.#passHead(args)
    this.#head = args
    // Over HTTP/2 a head leaves by itself, without any byte behind it.
    if (isHttp2(this.#commitment.request)) setImmediate(() => this.#flushHead())
    return this.response
  }

  #flushHead(): void {
    try {
      this.#beginStream()
    } catch (error) {
      this.#commitment.fail(error)
    }
  }

  get #isTransparent(): boolean {
    return this.#isPassing || this.#phase === 'released'
  }

  #disguise(): ResponseGuise {
    this.#guise ??= new ResponseGuise(this.response, this.#commitment.request)
    return this.#guise
  }

  #beginStream(): void {
    if (this.#phase !== 'waiting') return
    this.#phase = 'streaming'
    this.#guise?.takeOff()
    this.#sendHead(this.#announce())
  }

  // What is wrong with the session cannot stop a stream that the application has begun. The commit at its
  // end fails for the same reason.
  #announce(): string | undefined {
    try {
      return this.#commitment.announce()
    } catch (error) {
      this.#commitment.fail(error)
      return undefined
    }
  }

  /** Commits. Answers nothing when that is done, and otherwise the promise of how it went. */
  #commit(): Promise<Failure | undefined> | undefined {
    try {
      const committing = this.#commitment.commit()
      if (!(committing instanceof Promise)) return undefined
      return committing.then(
        () => undefined,
        error => ({ error }),
      )
    } catch (error) {
      return Promise.resolve({ error })
    }
  }

  #leaveLater(
    committing: Promise<Failure | undefined>,
    args: readonly unknown[],
    wasStreaming: boolean,
  ): void {
    committing
      .then(failure => {
        if (failure === undefined) this.#leave(args, wasStreaming)
        else this.#fail(failure.error, args, wasStreaming)
      })
      .catch(error => {
        this.#reopen()
        this.#commitment.fail(error)
      })
  }

  /** Lets the response go. What Node refuses now is thrown, and leaves the response open. */
  #leave(args: readonly unknown[], wasStreaming: boolean): unknown {
    this.#guise?.takeOff()
    try {
      if (!wasStreaming) this.#sendHead(this.#commitment.setCookie)
      return this.#pass('end', args)
    } finally {
      this.#phase = 'released'
    }
  }

  /** Lets the response go as it was written, where the application wants that, or opens it again. */
  #fail(error: unknown, args: readonly unknown[], wasStreaming: boolean): void {
    if (this.#commitment.sendsAnyway) this.#leave(args, wasStreaming)
    else this.#reopen()
    this.#commitment.fail(error)
  }

  /** Opens the response again for the error handler. */
  #reopen(): void {
    this.#guise?.takeOff()
    this.#head = undefined
    this.#phase = 'released'
    // A session that goes on under an id that the visitor does not have yet is not to be lost with the answer.
    this.#setCookie = this.#commitment.setCookie
    forgetBody(this.response)
  }

  #sendHead(setCookie: string | undefined): void {
    const head = this.#head
    this.#head = undefined
    this.#setCookie = setCookie
    if (head !== undefined) this.#passHead(head)
    else this.#withCookie([])
  }

  // Whoever patches the response later may set cookies of their own at the very last moment, in place of ours.
  #passHead(head: HeadArguments): unknown {
    return this.#pass('writeHead', this.#withCookie(head))
  }

  #withCookie(head: HeadArguments): HeadArguments {
    const setCookie = this.#setCookie
    if (setCookie === undefined || this.response.headersSent) return head
    return addCookie(this.response, head, setCookie)
  }

  #pass(name: MethodName, args: readonly unknown[]): unknown {
    const wasPassing = this.#isPassing
    this.#isPassing = true
    try {
      return Reflect.apply(this.#originals[name], this.response, args)
    } finally {
      this.#isPassing = wasPassing
    }
  }
}

function isPlainBody(chunk: unknown): boolean {
  if (chunk === undefined || chunk === null) return true
  return typeof chunk === 'string' || typeof chunk === 'function' || chunk instanceof Uint8Array
}

/** Throws what Node throws for such a body, if it does: some of what is no body counts as none. */
function refuseBody(request: NodeRequest, args: readonly unknown[]): void {
  const standIn = standInFor(request)
  Reflect.apply(standIn.end, standIn, [...args])
}
