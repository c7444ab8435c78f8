import type { Look, Stage } from './look.ts'
import type { NodeResponse } from './messages.ts'

/** How a response over HTTP/2 looks. What Node concludes it from is out of reach, so each name is covered. */
const methods = ['setHeader', 'setHeaders', 'appendHeader', 'removeHeader']
const properties = {
  head: ['headersSent', '_header', 'statusCode', 'statusMessage'],
  end: ['headersSent', '_header', 'statusCode', 'statusMessage', 'writableEnded', 'finished'],
}

interface Cover {
  readonly before: PropertyDescriptor | undefined
  readonly descriptor: PropertyDescriptor
}

/** Lets another response answer in the place of this one for a while, and takes what is assigned to it. */
export class CoveredLook implements Look {
  readonly #response: NodeResponse
  readonly #covers = new Map<string, Cover>()
  #model: NodeResponse | undefined

  constructor(response: NodeResponse) {
    this.#response = response
  }

  take(model: NodeResponse, stage: Stage): void {
    this.#model = model
    for (const name of methods) this.#coverMethod(name)
    for (const name of properties[stage]) this.#coverProperty(model, name)
  }

  drop(): void {
    this.#model = undefined
    for (const [name, { before, descriptor }] of this.#covers) {
      if (!this.#isStillThere(name, descriptor)) continue
      if (before === undefined) Reflect.deleteProperty(this.#response, name)
      else Object.defineProperty(this.#response, name, before)
    }
    this.#covers.clear()
  }

  #coverProperty(model: NodeResponse, name: string): void {
    this.#cover(name, {
      get: () => Reflect.get(model, name),
      set: value => void Reflect.set(model, name, value),
    })
  }

  // Whoever patches the method meanwhile goes on calling this one, so it has to know when the look is gone.
  #coverMethod(name: string): void {
    const original: unknown = Reflect.get(this.#response, name)
    if (typeof original !== 'function') return
    const value = (...args: readonly unknown[]): unknown => {
      const model = this.#model
      if (model === undefined) return Reflect.apply(original, this.#response, [...args])
      return Reflect.apply(Reflect.get(model, name), model, [...args])
    }
    this.#cover(name, { value, writable: true })
  }

  #cover(name: string, descriptor: PropertyDescriptor): void {
    if (this.#covers.has(name)) return
    this.#covers.set(name, { before: Object.getOwnPropertyDescriptor(this.#response, name), descriptor })
    Object.defineProperty(this.#response, name, { ...descriptor, configurable: true })
  }

  /** A patch that somebody has made meanwhile is theirs, and stays. */
  #isStillThere(name: string, { get, value }: PropertyDescriptor): boolean {
    const now = Object.getOwnPropertyDescriptor(this.#response, name)
    return now !== undefined && now.get === get && now.value === value
  }
}
