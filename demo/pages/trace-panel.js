import { html } from './html.js'
import { reportOf } from './report.js'

/** @typedef {import('../tracing/trace.js').Trace} Trace */

/**
 * Explains what the request of this page has done with the session, and the one before it. How a request ends is
 * not known while its page is written, so that the script asks for it afterwards, and a link leads there without one.
 *
 * @param {Trace} trace
 */
export function tracePanel(trace) {
  return html`<section class="panel" aria-labelledby="trace-title">
          <h2 id="trace-title">What just happened</h2>
          <div id="trace" data-source="/traces/${trace.id}/part">${openTrace(trace)}</div>
          ${trace.before && html`<h3>The request before</h3>${finishedTrace(trace.before)}`}
        </section>`
}

/**
 * A request that was over when this was written.
 *
 * @param {Trace} trace
 */
export function finishedTrace(trace) {
  const report = reportOf(trace)
  return html`<div class="trace">
            <p class="trace-title"><code>${report.title}</code></p>
            <p class="verdict">${report.verdict}</p>
            ${facts(report)}
          </div>`
}

/** @param {Trace} trace */
function openTrace(trace) {
  const report = reportOf(trace)
  return html`<div class="trace">
            <p class="trace-title"><code>${report.title}</code> this page, so far</p>
            ${facts(report)}
            <p><a href="/traces/${trace.id}">How it ended</a></p>
          </div>`
}

/** @param {import('./report.js').Report} report */
function facts({ cookieIn, callCount, calls, cookieOut }) {
  return html`<dl class="facts">
              <dt>Cookie in</dt><dd>${cookieIn}</dd>
              <dt>Store</dt><dd>${callCount === 0 ? 'Not asked' : html`${callCount} ${callCount === 1 ? 'call' : 'calls'}<ul>${calls.map(call => html`<li>${call}</li>`)}</ul>`}</dd>
              <dt>Cookie out</dt><dd>${cookieOut}</dd>
            </dl>`
}
