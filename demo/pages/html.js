const entities = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
])

/** Text that is HTML already. */
export class Markup {
  #text

  /** @param {string} text */
  constructor(text) {
    this.#text = text
  }

  toString() {
    return this.#text
  }
}

/**
 * Writes HTML. Whatever is put into it is escaped, unless it was written by this function too. Lists are written
 * one after the other, and what is absent or false is not written.
 *
 * @param {TemplateStringsArray} parts
 * @param {unknown[]} values
 */
export function html(parts, ...values) {
  return new Markup(String.raw({ raw: parts }, ...values.map(written)))
}

/**
 * @param {unknown} value
 * @returns {string}
 */
function written(value) {
  if (value instanceof Markup) return value.toString()
  if (Array.isArray(value)) return value.map(written).join('')
  if (value === undefined || value === false) return ''
  return String(value).replace(/[&<>"']/g, character => entities.get(character) ?? '')
}
