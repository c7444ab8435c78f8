import { clockPanel } from './clock-panel.js'
import { html } from './html.js'
import { tracePanel } from './trace-panel.js'

/** @typedef {import('../tracing/trace.js').Trace} Trace */
/** @typedef {import('./clock-panel.js').SessionClock} SessionClock */
/** @typedef {{ trace: Trace, clock: SessionClock | undefined }} Witness */

/**
 * @typedef {object} Frame what stands around the content of a page
 * @property {string} path of the page, so that its own link says so
 * @property {string | undefined} customer who is signed in
 * @property {number | undefined} cartCount undefined where nobody has looked
 * @property {string | undefined} notice said once
 * @property {string | undefined} alarm what became of the session that the visitor had
 * @property {Witness | undefined} witness undefined for a page that has no session
 */

/** The frame of a page that is shown without looking at anybody's session. */
export const bareFrame = /** @type {Frame} */ ({
  path: '',
  customer: undefined,
  cartCount: undefined,
  notice: undefined,
  alarm: undefined,
  witness: undefined,
})

/**
 * Puts a page together.
 *
 * @param {string} title
 * @param {unknown} content
 * @param {Frame} frame
 */
export function layout(title, content, frame) {
  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>${title} · Wayside Tea</title>
    <link rel="icon" href="/icon.svg" type="image/svg+xml">
    <link rel="stylesheet" href="/style.css">
    <script src="/session.js" type="module"></script>
  </head>
  <body>
    <a class="skip" href="#main">Skip to the content</a>
    ${banner(frame)}
    <div class="page">
      <main id="main" tabindex="-1">
        ${messages(frame)}
        ${content}
      </main>
      ${frame.witness && aside(frame.witness, frame.customer)}
    </div>
    <footer>
      <p>Wayside Tea is the demo of <strong>Sojourn</strong>, sessions for Node.js. Nothing is sold here, and no password is asked for.</p>
    </footer>
  </body>
</html>
`.toString()
}

/** @param {Frame} frame */
function banner({ path, customer, cartCount, witness }) {
  // Where nobody has looked at the session it is not known who is there, and the account's page finds out.
  const isStranger = witness !== undefined && customer === undefined
  return html`<header>
      <a class="brand" href="/"><img src="/icon.svg" alt="" width="32" height="32">Wayside Tea</a>
      <nav aria-label="Shop">
        ${link('/', 'Shelf', path)}
        ${link('/cart', html`Cart ${cartCount !== undefined && countBadge(cartCount)}`, path)}
        ${isStranger ? link('/sign-in', 'Sign in', path) : link('/account', 'Account', path)}
        ${witness && html`<a class="jump" href="#session">Session</a>`}
      </nav>
    </header>`
}

/** @param {number} count */
function countBadge(count) {
  return html`<span class="count">${count}</span><span class="unseen"> ${count === 1 ? 'thing' : 'things'}</span>`
}

/** @param {Frame} frame */
function messages({ notice, alarm }) {
  return html`<div id="messages" aria-live="polite">${alarm && html`<p class="message alarm">${alarm}</p>`}${notice && html`<p class="message notice">${notice}</p>`}</div>`
}

/**
 * @param {Witness} witness
 * @param {string | undefined} customer
 */
function aside({ trace, clock }, customer) {
  return html`<aside id="session" aria-label="Behind the counter">
        ${clockPanel({ clock, customer, hasCookie: trace.hasCookie })}
        ${tracePanel(trace)}
      </aside>`
}

/**
 * @param {string} target
 * @param {unknown} text
 * @param {string} path of the page on which the link stands
 */
function link(target, text, path) {
  return html`<a href="${target}" ${target === path && html`aria-current="page"`}>${text}</a>`
}
