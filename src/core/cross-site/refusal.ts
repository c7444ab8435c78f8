import { SojournError } from '../report/errors.ts'
import { type CrossSiteReason, publish } from '../report/events.ts'

// None of them repeats what came: it is written by whoever is refused.
const messages: { readonly [reason in CrossSiteReason]: string } = {
  'sec-fetch-site':
    'Expected a request of this site itself, but the browser says that another site made it. Add that site to `trusted` if it may do so.',
  origin:
    'Expected `Origin` to be the origin of this site, got another one. Add it to `trusted` if it may send this. Behind a proxy, see that `Host` is passed on.',
  token:
    'Expected the form token of this session in a header or in the body, got none or another one. Load the page of the form again.',
}

/** Tells whoever listens that a request was refused, and answers the error to refuse it with. */
export function reportCrossSite(reason: CrossSiteReason): SojournError {
  publish('cross-site', () => ({ handle: undefined, reason }))
  return new SojournError('CROSS_SITE', messages[reason])
}
