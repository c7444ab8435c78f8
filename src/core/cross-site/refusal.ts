import { SojournError } from '../report/errors.ts'
import { type CrossSiteReason, publish } from '../report/events.ts'

// No message repeats values of the request, because an attacker may have written them.
const messages: { readonly [reason in CrossSiteReason]: string } = {
  'sec-fetch-site':
    'Expected a request of this site itself, but the browser says that another site made it. Add that site to `trusted` if it may do so.',
  origin:
    'Expected `Origin` to be the origin of this site, got another one. Add it to `trusted` if it may send this. Behind a proxy, see that `Host` is passed on.',
  token:
    'Expected the form token of this session in a header or in the body, got none or another one. Load the page of the form again.',
}

/** Publishes the event of a refused request, and returns the error for it. */
export function reportCrossSite(reason: CrossSiteReason): SojournError {
  publish('cross-site', () => ({ handle: undefined, reason }))
  return new SojournError('CROSS_SITE', messages[reason])
}
