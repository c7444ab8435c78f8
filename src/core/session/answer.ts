/**
 * What a method of a session answers: a promise that knows whether anybody listens. A failure that nobody listens to ends
 * no process: the end of the request looks for it.
 */
export class Answer<Result> extends Promise<Result> {
  static override get [Symbol.species](): PromiseConstructor {
    return Promise
  }

  isHeard = false

  constructor(executor: ConstructorParameters<typeof Promise<Result>>[0]) {
    super(executor)
    super.then(undefined, () => undefined)
  }

  /** `await` calls this, because the class is not `Promise` itself. */
  // biome-ignore lint/suspicious/noThenProperty: this is a promise.
  override then<Kept = Result, Mended = never>(
    onResult?: ((result: Result) => Kept | PromiseLike<Kept>) | null,
    onError?: ((error: unknown) => Mended | PromiseLike<Mended>) | null,
  ): Promise<Kept | Mended> {
    this.isHeard = true
    return super.then(onResult, onError)
  }
}

/** The methods of one request's sessions that have failed. */
export class Failures {
  readonly #failures: { readonly error: unknown; isHeard(): boolean }[] = []

  note(error: unknown, isHeard: () => boolean): void {
    this.#failures.push({ error, isHeard })
  }

  /** @throws the failure of a method to which nobody has listened: a response that says it has worked must not leave. */
  demandHearing(): void {
    const unheard = this.#failures.find(({ isHeard }) => !isHeard())
    if (unheard !== undefined) throw unheard.error
  }
}
