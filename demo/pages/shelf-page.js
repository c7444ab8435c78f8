import { html } from './html.js'
import { money } from './money.js'

/** @typedef {import('../goods.js').Good} Good */

/**
 * @param {readonly Good[]} goods
 * @param {number} views how often the visitor has looked at the shelf, with this time
 */
export function shelfPage(goods, views) {
  return html`<div class="opening">
          <h1>Tea for people who are passing through</h1>
          <p>${visitText(views)}</p>
        </div>
        <ul class="shelf" aria-label="Goods">${goods.map(tile)}</ul>`
}

/** @param {number} views */
function visitText(views) {
  if (views === 1)
    return html`This is your <strong>first</strong> look at the shelf. The shop will remember it.`
  return html`You have looked at the shelf <strong>${views}</strong> times in this visit.`
}

/** @param {Good} good */
function tile({ id, name, kind, note, cents, tint }) {
  return html`<li class="tile">
          <div class="picture ${tint}"><img src="/pictures/${id}.svg" alt="" width="200" height="200"></div>
          <div class="words">
            <h2>${name}</h2>
            <p class="quiet">${kind}</p>
            <p>${note}</p>
          </div>
          <form class="buy" method="post" action="/cart">
            <input type="hidden" name="good" value="${id}">
            <span class="price">${money(cents)}</span>
            <button aria-label="Add ${name} to the cart">Add</button>
          </form>
        </li>`
}
