import { html } from './html.js'
import { finishedTrace } from './trace-panel.js'

/** @param {string} message */
export function messagePage(message) {
  return html`<h1>${message}</h1>
        <p><a class="button" href="/">To the shelf</a></p>`
}

/** @param {import('../tracing/trace.js').Trace | undefined} farewell the request that has signed out, if it is remembered */
export function goodbyePage(farewell) {
  return html`<h1>You are signed out</h1>
        <p>Your session has ended for whoever has its cookie. This page has left nothing with you: you are a stranger again.</p>
        <p><a class="button" href="/">To the shelf</a></p>
        ${farewell && html`<section class="panel" aria-labelledby="farewell"><h2 id="farewell">How you signed out</h2>${finishedTrace(farewell)}</section>`}`
}

/** @param {import('../tracing/trace.js').Trace} trace */
export function tracePage(trace) {
  return html`<h1>What that request did</h1>
        <section class="panel" aria-label="The request">${finishedTrace(trace)}</section>
        <p class="quiet">This page is served before sessions are looked at, so that it changes nothing.</p>`
}
