import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'

/** One person's browser: its own cookies, one page, and everything that has gone wrong in it. */
export class Person {
  readonly page: Page
  readonly #context: BrowserContext
  readonly #origin: string
  readonly #problems: string[] = []

  private constructor(page: Page, origin: string) {
    this.page = page
    this.#context = page.context()
    this.#origin = origin
    this.#listen()
  }

  static async arrive(
    browser: Browser,
    origin: string,
    options: BrowserContextOptions = {},
  ): Promise<Person> {
    const context = await browser.newContext({ baseURL: origin, ...options })
    return new Person(await context.newPage(), origin)
  }

  /** Errors in the console, and requests to anybody but the shop. */
  get problems(): readonly string[] {
    return this.#problems
  }

  async cookie(): ReturnType<BrowserContext['cookies']> extends Promise<(infer Cookie)[]>
    ? Promise<Cookie | undefined>
    : never {
    return (await this.#context.cookies()).find(({ name }) => name === 'wayside')
  }

  async signIn(name: string): Promise<void> {
    await this.page.goto('/sign-in')
    await this.page.getByLabel('Name of a customer').fill(name)
    await this.press('Sign in')
  }

  async press(name: string): Promise<void> {
    await this.page.getByRole('button', { name, exact: true }).click()
  }

  /** Waits until the page shows a text. */
  async see(text: string | RegExp): Promise<void> {
    await this.page.getByText(text).first().waitFor()
  }

  async leave(): Promise<void> {
    await this.#context.close()
  }

  #listen(): void {
    this.page.on('console', message => {
      if (message.type() === 'error') this.#problems.push(message.text())
    })
    this.page.on('pageerror', error => this.#problems.push(String(error)))
    this.page.on('request', request => {
      if (!request.url().startsWith(`${this.#origin}/`)) this.#problems.push(`asked ${request.url()}`)
    })
  }
}
