import { eventually } from '../services/eventually.ts'
import { Customer } from './customer.ts'
import type { Strike } from './stay.ts'

/** How many customers each process has at the same time. */
const customersPerProcess = 50
/** How long a busy machine may take to answer all of them. */
const patienceMs = 60_000

/** The customers of a shop. */
export class Crowd {
  readonly #customers: readonly Customer[]
  #isOver = false
  #shopping: Promise<unknown> = Promise.resolve()

  constructor(ports: readonly number[]) {
    const length = customersPerProcess * ports.length
    this.#customers = Array.from({ length }, (_, number) => new Customer(number, ports))
  }

  /** Lets all of them come in, to stay until they are told to go on. Resolves once each was answered so often. */
  async comeIn(answers: number): Promise<void> {
    this.#shopping = Promise.all(this.#customers.map(customer => customer.shopUntil(() => this.#isOver)))
    const isFull = async (): Promise<boolean> => this.#customers.every(({ answered }) => answered >= answers)
    await eventually('a full shop', isFull, patienceMs)
  }

  /** Lets each do so many more things, of which none may fail once the shop serves it again. */
  async goOn(turns: number): Promise<void> {
    await this.goHome()
    await Promise.all(this.#customers.map(customer => customer.goOn(turns)))
  }

  /** Lets nobody begin anything more, and waits for what they have begun. */
  async goHome(): Promise<void> {
    this.#isOver = true
    await this.#shopping
  }

  /** Each promise that was broken, and how often, by what is there now. */
  async brokenPromises(strike: Strike): Promise<Readonly<Record<string, number>>> {
    const broken: Record<string, number> = {}
    for (const found of await Promise.all(this.#customers.map(customer => customer.settle(strike)))) {
      for (const promise of found) broken[promise] = (broken[promise] ?? 0) + 1
    }
    return broken
  }
}
