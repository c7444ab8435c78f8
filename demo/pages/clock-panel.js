import { html } from './html.js'

/**
 * @typedef {object} SessionClock
 * @property {number} idleMs how long the session lasts if nothing is asked from now on, at least
 * @property {number} wholeIdleMs
 * @property {number} absoluteMs how long it lasts at most, whatever is asked
 * @property {number} wholeAbsoluteMs
 */

/**
 * Shows how long the session will last. It is right when the page leaves; the script lets it run on.
 *
 * @param {{ clock: SessionClock | undefined, customer: string | undefined, hasCookie: boolean }} visitor whose clock
 * is undefined when there is no session
 */
export function clockPanel({ clock, customer, hasCookie }) {
  if (clock === undefined) return strangerPanel(hasCookie)
  return html`<section class="panel" aria-labelledby="clock-title" data-status="/status">
          <h2 id="clock-title">Your session</h2>
          <p>${customer === undefined ? 'You are a guest with a session.' : html`You are signed in as <strong>${customer}</strong>.`}</p>
          <dl class="clock">
            ${countdown({ id: 'idle', text: 'Ends if you rest for', ms: clock.idleMs, wholeMs: clock.wholeIdleMs })}
            ${countdown({ id: 'absolute', text: 'Ends at the latest in', ms: clock.absoluteMs, wholeMs: clock.wholeAbsoluteMs })}
          </dl>
          <noscript><p class="quiet">Without a script the times stand still: they are those of when this page was made.</p></noscript>
          <p class="quiet" id="poll" hidden>This page asks for <code>/status</code> every few seconds, which prolongs nothing. What such a poll has done: <span></span></p>
        </section>`
}

/** @param {boolean} hasCookie */
function strangerPanel(hasCookie) {
  const words = hasCookie
    ? 'Your cookie names no session that goes on, and no record is kept of you.'
    : 'You are a stranger here: no record, no cookie.'
  return html`<section class="panel" aria-labelledby="clock-title">
          <h2 id="clock-title">No session</h2>
          <p>${words} A session begins when there is something to remember.</p>
        </section>`
}

/** @param {{ id: string, text: string, ms: number, wholeMs: number }} countdown */
function countdown({ id, text, ms, wholeMs }) {
  return html`<div>
              <dt id="${id}-text">${text}</dt>
              <dd>
                <span role="timer" id="${id}" aria-labelledby="${id}-text" data-ms="${Math.round(ms)}">${spanText(ms)}</span>
                <progress max="${wholeMs}" value="${Math.round(ms)}" aria-hidden="true"></progress>
              </dd>
            </div>`
}

/**
 * Writes a span as a clock shows it, such as 4:05 or 1:00:00.
 *
 * @param {number} ms
 */
export function spanText(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000))
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const [first = 0, ...others] = parts[0] === 0 ? parts.slice(1) : parts
  return [first, ...others.map(part => String(part).padStart(2, '0'))].join(':')
}
