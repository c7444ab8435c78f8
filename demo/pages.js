import { html } from './html.js'

/** @typedef {{ views?: number, user?: string }} Data */
/** @typedef {{ name: string, problem: string }} Refusal */

/**
 * @param {Data} data
 * @param {Refusal} [refusal] what was wrong with the sign-in that was tried
 */
export function homePage({ views = 0, user }, refusal) {
  const greeting = user === undefined ? 'Hello, stranger' : html`Hello, ${user}`
  return page(
    'Counter',
    '/',
    html`<h1>${greeting}</h1>
      <p class="count"><strong>${views}</strong> ${views === 1 ? 'view' : 'views'} of this page in this session</p>
      ${user === undefined ? signInForm(refusal) : signOutForm()}`,
  )
}

/**
 * @param {Data & { cookie: { expires?: Date | null | undefined } }} session
 * @param {string} handle
 */
export function sessionPage({ cookie, ...data }, handle) {
  return page(
    'Session',
    '/session',
    html`<h1>This session</h1>
      ${Object.keys(data).length === 0 ? nothingStored() : facts({ cookie, data, handle })}`,
  )
}

function nothingStored() {
  return html`<p>Nothing is stored for you, and no cookie was sent. <a href="/">The counter</a> begins a session.</p>`
}

/** @param {{ cookie: { expires?: Date | null | undefined }, data: Data, handle: string }} session */
function facts({ cookie, data, handle }) {
  return html`<dl>
        <dt>Handle</dt>
        <dd><code>${handle}</code></dd>
        <dt>Ends</dt>
        <dd>${cookie.expires?.toUTCString() ?? 'with the browser'}, unless you come back before</dd>
        <dt>Data</dt>
        <dd><pre tabindex="0" role="region" aria-label="Data">${JSON.stringify(data, undefined, 2)}</pre></dd>
      </dl>
      <p>The handle names a session in logs. The id, which is in the cookie, is a secret and not shown.</p>`
}

/** @param {string} message */
export function messagePage(message) {
  return page('Message', '', html`<h1>${message}</h1><p><a href="/">Back to the counter</a></p>`)
}

/** @param {Refusal} [refusal] */
function signInForm({ name, problem } = { name: '', problem: '' }) {
  const invalid = problem ? html`aria-invalid="true" aria-describedby="problem"` : ''
  return html`<form method="post" action="/sign-in">
    <label for="name">Your name</label>
    ${problem ? html`<p id="problem" role="alert">${problem}</p>` : ''}
    <input id="name" name="name" value="${name}" required maxlength="40" autocomplete="nickname" ${invalid}>
    <button>Sign in</button>
  </form>`
}

function signOutForm() {
  return html`<form method="post" action="/sign-out"><button>Sign out</button></form>`
}

/**
 * @param {string} title
 * @param {string} path
 * @param {unknown} content
 */
function page(title, path, content) {
  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>${title} · Sojourn</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/style.css">
  </head>
  <body>
    <header>
      <p class="brand">Sojourn</p>
      <nav aria-label="Pages">${link('/', 'Counter', path)} ${link('/session', 'Session', path)}</nav>
    </header>
    <main>${content}</main>
    <footer><p>Open this page in a second browser: it is another session.</p></footer>
  </body>
</html>
`.toString()
}

/**
 * @param {string} target
 * @param {string} text
 * @param {string} path of the page on which the link stands
 */
function link(target, text, path) {
  return html`<a href="${target}" ${target === path ? html`aria-current="page"` : ''}>${text}</a>`
}
