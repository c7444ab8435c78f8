import { html } from './html.js'

/**
 * @param {number} longestName
 * @param {{ name: string, problem: string }} [refusal] what was wrong with the name that was given
 */
export function signInPage(longestName, refusal) {
  const invalid = refusal && html`aria-invalid="true" autofocus`
  return html`<h1>Sign in</h1>
        <form class="card" method="post" action="/sign-in">
          <label for="name">Name of a customer</label>
          <p id="hint" class="quiet">Any name will do, for instance <em>Ada</em> or <em>Grace</em>. The customers are made up, and there is no password: do not enter one.</p>
          ${refusal && html`<p id="problem" class="problem">${refusal.problem}</p>`}
          <input id="name" name="name" value="${refusal?.name}" required maxlength="${longestName}" autocomplete="off" autocapitalize="words" spellcheck="false" aria-describedby="${refusal && 'problem '}hint" ${invalid}>
          <button>Sign in</button>
        </form>
        <p class="quiet">What is in your cart stays. Your session gets a new id, and the old one is dead at once: who has copied it has nothing.
          Sign in under the same name in a second browser, and each of them can end the other.</p>`
}
