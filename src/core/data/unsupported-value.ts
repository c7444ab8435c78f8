/** What is inside a value. */
export interface Inside {
  readonly values: readonly unknown[]
  /** How a path goes on to the value at this place, such as `.cart` or `[2]`. */
  step(place: number): string
}

/** What a value is, when it cannot be held; what is inside it, when that decides; undefined, when it can. */
export type Verdict = string | Inside | undefined

/** Which values a codec can hold. */
export interface ValueRules {
  /** The codec, in the words of a message. */
  readonly holder: string
  readonly allowsCycles: boolean
  /** How deep values may be nested: a codec that calls itself for each level ends with the stack. */
  readonly mostLevels: number
  /** Decides about a value by itself, and where `around` is what it is in. */
  judge(value: unknown, around?: unknown): Verdict
}

/** A value that cannot be held. */
export interface Unsupported {
  /** Where it is, from the session on, such as `.cart.items[2]`. */
  readonly path: string
  /** What it is, such as `a BigInt`: never what it holds. */
  readonly kind: string
  /** How many objects it is in, the session not counted. */
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
 * Finds the first value of a session that cannot be held, in the order in which a codec meets them. It keeps its
 * own stack and looks at each object once, so that neither depth nor sharing can exhaust it.
 */
export function findUnsupported(session: object, rules: ValueRules): Unsupported | undefined {
  return new Walk(session, rules).find()
}

class Walk {
  readonly #rules: ValueRules
  readonly #session: object
  readonly #frames: Frame[]
  /** Each object that was met: true while the walk is inside it. */
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

  /** Goes into a value, or answers what it is when it cannot be held. */
  #enter(value: unknown, around: unknown): string | undefined {
    // No codec holds it within itself.
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

  /** An accessor, a `toJSON` or a proxy may do anything. */
  #judge(value: unknown, around: unknown): Verdict {
    try {
      return this.#rules.judge(value, around)
    } catch {
      return 'an object that throws when it is read'
    }
  }
}

/** What is inside a plain object. */
export function insideObject(value: object): Inside {
  const names = Object.keys(value)
  return { values: Object.values(value), step: place => stepTo(names[place] ?? '') }
}

/** How a path goes on to a property: as a program would, cut short, and on one line whatever the name is. */
export function stepTo(name: string): string {
  const short = name.length > mostLetters ? `${name.slice(0, mostLetters)}…` : name
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(short) ? `.${short}` : `[${JSON.stringify(short)}]`
}
