/**
 * The promise that the methods of a session return. It knows whether the application has awaited it. If not, its failure
 * does not crash the process as an unhandled rejection: the end of the request tries again, or fails with it.
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

/** The failures of session methods in one request. */
export class Failures {
  readonly #failures: { readonly error: unknown; isHeard(): boolean }[] = []

  note(error: unknown, isHeard: () => boolean): void {
    this.#failures.push({ error, isHeard })
  }

  /** @throws the error of a method that the application has not awaited: its response must not report success. */
  demandHearing(): void {
    const unheard = this.#failures.find(({ isHeard }) => !isHeard())
    if (unheard !== undefined) throw unheard.error
  }
}
