import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { parseSetCookie } from './browser.mjs'
import { signedValue } from './signature.mjs'

const minuteMs = 60_000

/**
 * Writes down what an app answers and what its store holds after each step, in words that do not depend on
 * the clock or on chance: ids become `<id 1>`, `<id 2>` in the order in which they appear, instants become
 * their distance from now. Two transcripts of the same steps can then be compared whole.
 */
export class Transcript {
  steps = []
  #ids = []
  #written = new Map()

  constructor(browser, secret) {
    this.browser = browser
    this.secret = secret
  }

  /** Takes one step with the browser and writes down what it did. */
  async step(title, take) {
    const answer = await take(this.browser)
    await answer.ended
    const cookies = answer.setCookies.map(line => this.#describeCookie(line)).filter(Boolean)
    const { status, location, body } = answer
    const stored = await this.#describeStore()
    this.steps.push({
      title,
      status,
      location,
      body: this.#masked(withoutEmptyAttributes(body)),
      cookies,
      ...stored,
    })
    // The next write of the same data must not fall into the same millisecond.
    await pause(3)
  }

  /**
   * The deletion of a cookie is left out (Sojourn removes the cookie of a session that has ended,
   * express-session leaves it behind), and so is `Max-Age`, which Sojourn may send beside `Expires`.
   */
  #describeCookie(line) {
    const { name, value, attributes, isDeletion } = parseSetCookie(line)
    if (isDeletion) return undefined
    const id = decodeURIComponent(value).slice(2).split('.')[0]
    const isExact = value === signedValue(id, this.secret)
    const kept = attributes.filter(text => !text.startsWith('Max-Age='))
    return { name, id: this.#nameOf(id), isExact, attributes: kept.map(describeAttribute) }
  }

  async #describeStore() {
    const answer = await fetch(`${this.browser.origin}/written`)
    const { records, commands } = JSON.parse(await answer.text())
    const described = records.map(record => ({
      record: this.#masked(record),
      isRewritten: this.#hasChanged(record),
    }))
    this.#written = new Map(records.map(record => [keyOf(record), JSON.stringify(record)]))
    described.sort((a, b) => (keyOf(a.record) < keyOf(b.record) ? -1 : 1))
    return { records: described, commands: this.#masked(commands) }
  }

  #hasChanged(record) {
    return this.#written.get(keyOf(record)) !== JSON.stringify(record)
  }

  #nameOf(id) {
    if (!this.#ids.includes(id)) this.#ids.push(id)
    return `<id ${this.#ids.indexOf(id) + 1}>`
  }

  #masked(value) {
    if (typeof value === 'string') return this.#maskedText(value)
    if (typeof value === 'number') return maskedNumber(value)
    if (value === null || typeof value !== 'object') return value
    if (Array.isArray(value)) return value.map(inner => this.#masked(inner))
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, this.#masked(inner)]))
  }

  /** JSON inside a text stays a text, so that the order of its keys is compared as well. */
  #maskedText(text) {
    if (text.startsWith('{')) return JSON.stringify(this.#masked(JSON.parse(text)))
    if (/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text)) return distance(Date.parse(text))
    return this.#ids.reduce((masked, id) => masked.replaceAll(id, this.#nameOf(id)), text)
  }
}

/**
 * A store that keeps `null` for an attribute hands it back to express-session as one. Sojourn takes attributes
 * from the configuration, where such a one is absent; that is seen only where a session is sent out as JSON.
 */
function withoutEmptyAttributes(body) {
  if (typeof body !== 'object' || body === null) return body
  return JSON.parse(JSON.stringify(body, (_name, value) => (value === null ? undefined : value)))
}

/** Compares two transcripts of the same steps, and shows nothing but the lines that differ. */
export function expectSameSteps(ours, theirs) {
  const [ourLines, theirLines] = [ours, theirs].map(linesOf)
  const onlyOurs = ourLines.filter(line => !theirLines.includes(line))
  const onlyTheirs = theirLines.filter(line => !ourLines.includes(line))
  assert.deepEqual(onlyOurs, onlyTheirs)
}

function linesOf(steps) {
  return steps.flatMap(({ title, ...seen }) =>
    Object.entries(seen).map(([name, value]) => `${title}: ${name} ${JSON.stringify(value)}`),
  )
}

function keyOf(record) {
  return record.key ?? record._id
}

function describeAttribute(text) {
  return text.startsWith('Expires=') ? `Expires=${distance(Date.parse(text.slice(8)))}` : text
}

function distance(instant) {
  return `<in ${Math.round((instant - Date.now()) / minuteMs)} min>`
}

/** Instants in milliseconds and in seconds; and spans, which lose a few milliseconds while code runs. */
function maskedNumber(value) {
  const isNow = instant => Math.abs(instant - Date.now()) < 90 * 24 * 60 * minuteMs
  if (isNow(value)) return distance(value)
  if (isNow(value * 1000)) return distance(value * 1000)
  const nearest = Math.round(value / minuteMs) * minuteMs
  return Math.abs(value - nearest) <= 50 ? nearest || value : value
}
