import { agoText } from './ago-text.js'
import { html } from './html.js'

/**
 * @typedef {object} DeviceLine
 * @property {string} handle
 * @property {string} name
 * @property {string | undefined} address
 * @property {number} signedInAt
 * @property {number} lastActiveAt
 * @property {boolean} isThisOne
 */

/**
 * @param {{ devices: readonly DeviceLine[], token: string, now: number }} account
 */
export function accountPage({ devices, token, now }) {
  const others = devices.filter(({ isThisOne }) => !isThisOne)
  return html`<h1>Where you are signed in</h1>
        <ul class="devices" aria-label="Devices">${devices.map((device, index) => deviceLine(device, `device-${index}`, { token, now }))}</ul>
        ${others.length > 0 ? endOthersForm(others.length, token) : alone()}
        ${signOutForm()}`
}

/**
 * @param {DeviceLine} device
 * @param {string} id of its description, which tells two devices of one name apart
 * @param {{ token: string, now: number }} page
 */
function deviceLine({ handle, name, address, signedInAt, lastActiveAt, isThisOne }, id, { token, now }) {
  return html`<li class="device">
            <div class="words">
              <h2>${name}</h2>${isThisOne && html` <span class="badge">This device</span>`}
              <p class="quiet" id="${id}">
                ${isThisOne ? 'Active now' : html`Last active ${time(lastActiveAt, now)}`},
                signed in ${time(signedInAt, now)}${address && html`, from ${address}`}
              </p>
            </div>
            ${!isThisOne && endForm({ handle, name, id }, token)}
          </li>`
}

/**
 * @param {number} at
 * @param {number} now
 */
function time(at, now) {
  return html`<time datetime="${new Date(at).toISOString()}">${agoText(now - at)}</time>`
}

/**
 * @param {{ handle: string, name: string, id: string }} device
 * @param {string} token
 */
function endForm({ handle, name, id }, token) {
  return html`<form method="post" action="/account/end">
              <input type="hidden" name="_csrf" value="${token}">
              <input type="hidden" name="handle" value="${handle}">
              <button class="plain" aria-label="End the session of ${name}" aria-describedby="${id}">End</button>
            </form>`
}

/**
 * @param {number} count
 * @param {string} token
 */
function endOthersForm(count, token) {
  return html`<form method="post" action="/account/end-others">
          <input type="hidden" name="_csrf" value="${token}">
          <button>${count === 1 ? 'End the other session' : `End the ${count} others`}</button>
        </form>`
}

function alone() {
  return html`<p class="quiet">Sign in under the same name in a second browser, or in a private window, and it will stand here.</p>`
}

function signOutForm() {
  return html`<section class="leave" aria-labelledby="leave">
          <h2 id="leave">Leave</h2>
          <p>Signing out ends this session for whoever has its cookie, and takes the cart with it.</p>
          <form method="post" action="/sign-out"><button class="plain">Sign out</button></form>
        </section>`
}
