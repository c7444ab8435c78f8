/** The values inside a value. */
export interface Inside {
  readonly values: readonly unknown[]
  /** The step of a path to the value at this index, such as `.cart` or `[2]`. */
  step(place: number): string
}

/** The kind of an unsupported value, as text; the values inside that decide; or undefined for a supported value. */
export type Verdict = string | Inside | undefined

/** The values that a codec can hold. */
export interface ValueRules {
  /** The name of the codec in messages. */
  readonly holder: string
  readonly allowsCycles: boolean
  /** How deep values may be nested: a recursive codec would overflow the stack. */
  readonly mostLevels: number
  /** Decides about a value. `around` is the value that contains it. */
  judge(value: unknown, around?: unknown): Verdict
}

/** A value that the codec cannot hold. */
export interface Unsupported {
  /** Its path, starting at the session, such as `.cart.items[2]`. */
  readonly path: string
  /** Its kind, such as `a BigInt`, and never its contents. */
  readonly kind: string
  /** The number of objects around it, without the session. */
  readonly level: number
  readonly value: unknown
}

interface Frame {
  readonly value: unknown
  readonly inside: Inside
  place: number
}

const mostSteps = 10
const mostLetters = 40

/**
 * Finds the first value of a session that a codec cannot hold, in the order in which a codec visits them. It is iterative
 * and visits each object once, so that neither depth nor shared objects can exhaust it.
 */
export function findUnsupported(session: object, rules: ValueRules): Unsupported | undefined {
  return new Walk(session, rules).find()
}

class Walk {
  readonly #rules: ValueRules
  readonly #session: object
  readonly #frames: Frame[]
  /** All visited objects: true while the walk is inside them. */
  readonly #met = new Map<unknown, boolean>()

  constructor(session: object, rules: ValueRules) {
    this.#rules = rules
    this.#session = session
    this.#frames = [{ value: session, inside: insideObject(session), place: -1 }]
  }

  find(): Unsupported | undefined {
    for (let frame = this.#frames.at(-1); frame !== undefined; frame = this.#frames.at(-1)) {
      frame.place += 1
      const { values } = frame.inside
      if (frame.place < values.length) {
        const value = values[frame.place]
        const kind = this.#enter(value, frame.value)
        if (kind !== undefined) return { path: this.#path(), kind, level: this.#level, value }
      } else {
        this.#met.set(frame.value, false)
        this.#frames.pop()
      }
    }
    return undefined
  }

  /** Enters a value, or returns its kind if it is unsupported. */
  #enter(value: unknown, around: unknown): string | undefined {
    // No codec supports a session inside itself.
    if (value === this.#session) return 'the session itself'
    const isOpen = this.#met.get(value)
    if (isOpen !== undefined) return isOpen && !this.#rules.allowsCycles ? 'a cycle' : undefined
    const inside = this.#judge(value, around)
    if (typeof inside !== 'object') return inside
    if (this.#level >= this.#rules.mostLevels)
      return `an object more than ${this.#rules.mostLevels} levels deep`
    this.#met.set(value, true)
    this.#frames.push({ value, inside, place: -1 })
    return undefined
  }

  get #level(): number {
    return this.#frames.length - 1
  }

  #path(): string {
    const steps = this.#frames.map(({ inside, place }) => inside.step(place))
    if (steps.length <= 2 * mostSteps) return steps.join('')
    return `${steps.slice(0, mostSteps).join('')}…${steps.slice(-mostSteps).join('')}`
  }

  /** Catches errors, because an accessor, a `toJSON` or a proxy may throw. */
  #judge(value: unknown, around: unknown): Verdict {
    try {
      return this.#rules.judge(value, around)
    } catch {
      return 'an object that throws when it is read'
    }
  }
}

/** The values inside a plain object. */
export function insideObject(value: object): Inside {
  const names = Object.keys(value)
  return { values: Object.values(value), step: place => stepTo(names[place] ?? '') }
}

/** The step of a path to a property, as in JavaScript. Long names are shortened, and the result is always one line. */
export function stepTo(name: string): string {
  const short = name.length > mostLetters ? `${name.slice(0, mostLetters)}…` : name
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(short) ? `.${short}` : `[${JSON.stringify(short)}]`
}
