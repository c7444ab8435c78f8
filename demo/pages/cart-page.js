import { html } from './html.js'
import { money } from './money.js'

/** @typedef {import('../cart.js').CartLine} CartLine */

/**
 * @param {{ lines: readonly CartLine[], mostOfOne: number, isSignedIn: boolean }} cart
 */
export function cartPage({ lines, mostOfOne, isSignedIn }) {
  if (lines.length === 0) return emptyCart()
  const sum = lines.reduce((cents, { good, quantity }) => cents + good.cents * quantity, 0)
  return html`<h1>Your cart</h1>
        <ul class="lines" aria-label="In the cart">${lines.map(line => cartLine(line, mostOfOne))}</ul>
        <div class="sum">
          <p>Together <strong>${money(sum)}</strong></p>
          ${isSignedIn ? orderForm() : signInFirst()}
        </div>`
}

function emptyCart() {
  return html`<h1>Your cart</h1>
        <p>There is nothing in it yet.</p>
        <p><a class="button" href="/">To the shelf</a></p>`
}

/**
 * @param {CartLine} line
 * @param {number} mostOfOne
 */
function cartLine({ good, quantity }, mostOfOne) {
  const { id, name, kind, cents, tint } = good
  return html`<li class="line">
            <div class="picture ${tint}"><img src="/pictures/${id}.svg" alt="" width="80" height="80"></div>
            <div class="words">
              <h2>${name}</h2>
              <p class="quiet">${kind}, ${money(cents)} each</p>
            </div>
            <form method="post" action="/cart/quantity">
              <input type="hidden" name="good" value="${id}">
              <label class="unseen" for="quantity-${id}">How many of ${name}</label>
              <input id="quantity-${id}" name="quantity" type="number" inputmode="numeric" min="0" max="${mostOfOne}" value="${quantity}" required>
              <button class="plain" aria-label="Change how many of ${name}">Change</button>
              <button class="plain" name="remove" value="yes" aria-label="Remove ${name}">Remove</button>
            </form>
            <p class="price">${money(cents * quantity)}</p>
          </li>`
}

function orderForm() {
  return html`<form method="post" action="/cart/order">
            <button>Place the order</button>
            <p class="quiet">It is a demo: nothing is charged, and nothing is sent.</p>
          </form>`
}

function signInFirst() {
  return html`<p><a class="button" href="/sign-in">Sign in to order</a></p>
          <p class="quiet">The cart comes along, under a new session id.</p>`
}
