/** A promise that a clause resolves. */
export class Gate {
  readonly passed: Promise<void>
  #resolve: () => void = () => undefined

  constructor() {
    this.passed = new Promise(resolve => {
      this.#resolve = resolve
    })
  }

  open(): void {
    this.#resolve()
  }
}
