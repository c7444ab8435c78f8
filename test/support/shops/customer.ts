import { setTimeout as pause } from 'node:timers/promises'
import { type Accuse, Browser } from './browser.ts'
import type { Said } from './shop.ts'
import { type Deed, Stay, type Strike } from './stay.ts'

/** How many things a guest does before they sign out. */
const turnsOfGuest = 6
/** Between two things that somebody does. */
const pauseMs = 50
/** How long a store may take to be there again. */
const patienceMs = 20_000

/** Somebody who signs in, comes to both processes in turn, and signs out and in again if they are a guest. */
export class Customer {
  readonly broken: string[] = []
  readonly #name: string
  readonly #first: number
  readonly #isGuest: boolean
  readonly #ports: readonly number[]
  readonly #browser: Browser
  readonly #stays: Stay[] = []
  #stay: Stay | undefined
  #written = 0
  /** The store was there again, and from now on nothing may fail. */
  #isServed = false

  constructor(number: number, ports: readonly number[]) {
    this.#name = `customer ${number}`
    this.#first = number % ports.length
    // Of each process's customers half are guests.
    this.#isGuest = Math.floor(number / ports.length) % 2 === 1
    this.#ports = ports
    this.#browser = new Browser(ports, this.#accuse)
  }

  /** How many requests were answered, other than by a failure. */
  get answered(): number {
    return this.#stays.flatMap(({ deeds }) => deeds).filter(({ said }) => said !== undefined).length
  }

  /** Comes and goes until it is over. */
  async shopUntil(isOver: () => boolean): Promise<void> {
    for (let turn = 1; !isOver(); turn += 1) {
      const stay = this.#stay ?? (await this.#arrive())
      if (stay !== undefined) await this.#take(turn, stay)
      if (this.#isGuest && turn % turnsOfGuest === 0 && !isOver()) await this.#leave()
      await pause(pauseMs)
    }
  }

  /** Waits until both processes serve them again, and does so many more things, of which none may fail. */
  async goOn(turns: number): Promise<void> {
    const stay = await this.#served()
    if (stay === undefined) return this.#accuse('both processes work again: one does not')
    this.#isServed = true
    const before = await this.#do(stay, this.#first, { what: 'look' })
    const steps = stepsIn(stay)
    for (let turn = 1; turn <= turns; turn += 1) await this.#take(turn, stay)
    const after = await this.#do(stay, 1 - this.#first, { what: 'look' })
    const counted = (after?.count ?? 0) - (before?.count ?? 0)
    if (counted !== stepsIn(stay) - steps)
      this.#accuse(`the new primary counts exactly: got ${counted}, expected ${stepsIn(stay) - steps}`)
    if (this.#isGuest) await this.#leave()
  }

  /** Looks at both processes what has become of every stay, and names each promise that was broken. */
  async settle(strike: Strike): Promise<readonly string[]> {
    for (const stay of this.#stays) {
      const browser = new Browser(this.#ports, this.#accuse, stay.cookie)
      const found: (Said | undefined)[] = []
      for (const process of this.#ports.keys()) found.push(await browser.ask(process, '/look'))
      browser.close()
      if (found.includes(undefined)) this.#accuse('both processes work again: one does not')
      this.broken.push(...stay.brokenBy(found.filter(isSaid), strike))
    }
    this.#browser.close()
    return this.broken
  }

  readonly #accuse: Accuse = promise => {
    this.broken.push(promise)
  }

  async #arrive(): Promise<Stay | undefined> {
    this.#browser.cookie = ''
    const stay = new Stay(`${this.#name} for the ${this.#stays.length + 1}. time`)
    const said = await this.#do(stay, this.#first, { what: 'in' })
    if (said === undefined) return undefined
    stay.cookie = this.#browser.cookie
    if (stay.cookie === '') this.#accuse('whoever signs in has a cookie')
    this.#stays.push(stay)
    this.#stay = stay
    return stay
  }

  /** One request, or now and then four at once, to both processes. */
  async #take(turn: number, stay: Stay): Promise<unknown> {
    const here = (this.#first + turn) % 2
    const there = 1 - here
    if (turn % 3 === 0) return await this.#do(stay, here, this.#noting('a'))
    if (turn % 3 === 1) return await this.#do(stay, here, { what: 'count' })
    return await Promise.all([
      this.#do(stay, here, { what: 'count' }),
      this.#do(stay, there, { what: 'count' }),
      this.#do(stay, here, this.#noting('a')),
      this.#do(stay, there, this.#noting('b')),
    ])
  }

  /** Signs out until that is answered, while another request is under way at the other process. */
  async #leave(): Promise<void> {
    const stay = this.#stay
    if (stay === undefined) return
    stay.isLeaving = true
    const late = this.#do(stay, 1 - this.#first, { what: 'count' })
    const until = Date.now() + patienceMs
    while ((await this.#do(stay, this.#first, { what: 'out' })) === undefined && Date.now() < until)
      await pause(pauseMs)
    await late
    this.#stay = undefined
  }

  async #served(): Promise<Stay | undefined> {
    const until = Date.now() + patienceMs
    while (Date.now() < until) {
      const stay = this.#stay ?? (await this.#arrive())
      if (stay !== undefined && (await this.#isServedBy(stay))) return stay
      await pause(pauseMs)
    }
    return undefined
  }

  /** A write goes another way than a look. */
  async #isServedBy(stay: Stay): Promise<boolean> {
    for (const process of this.#ports.keys()) {
      if ((await this.#do(stay, process, { what: 'count' })) === undefined) return false
    }
    return this.#stay === stay
  }

  async #do(stay: Stay, process: number, deed: Deed): Promise<Said | undefined> {
    const askedAt = Date.now()
    const said = await this.#browser.ask(process, pathOf(deed, stay))
    stay.deeds.push({ ...deed, askedAt, answeredAt: Date.now(), said })
    if (said === undefined && this.#isServed) this.#accuse('after the failover nothing fails: something did')
    if (said !== undefined && deed.what !== 'out') this.#check(stay, said)
    return said
  }

  #check(stay: Stay, { user, handle }: Said): void {
    if (user === undefined) this.#miss(stay)
    else if (user !== stay.user) this.#accuse('everybody is who they are: somebody was taken for another')
    else if (handle !== stay.handle) this.#accuse('an id never changes: another handle came')
  }

  /** Whether they had to be found is seen later, when it is known when the server was killed. */
  #miss(stay: Stay): void {
    if (stay.isLeaving) return
    stay.isLost = true
    this.#stay = undefined
  }

  #noting(name: string): Deed {
    this.#written += 1
    return { what: 'note', name, value: this.#written }
  }
}

function pathOf({ what, name, value }: Deed, { user }: Stay): string {
  if (what === 'in') return `/in?user=${encodeURIComponent(user)}`
  return what === 'note' ? `/note?name=${name}&value=${value}` : `/${what}`
}

function stepsIn({ deeds }: Stay): number {
  return deeds.filter(({ what }) => what === 'count').length
}

function isSaid(said: Said | undefined): said is Said {
  return said !== undefined
}
