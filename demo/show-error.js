import { bareFrame, layout } from './pages/layout.js'
import { messagePage } from './pages/message-pages.js'

/** @type {Readonly<Record<string, string>>} */
const messages = {
  CROSS_SITE: 'The shop did not send this form, or sent it a while ago. Load the page again.',
  SESSION_GONE: 'Your session has ended meanwhile, so that nothing was changed.',
  STORE_FAILED: 'The shop cannot remember anything just now. You are not signed out: please try again.',
  STORE_TIMED_OUT: 'The shop cannot remember anything just now. You are not signed out: please try again.',
}

/**
 * Answers with a page that looks at no session, because that may be what has failed.
 *
 * @type {import('express').ErrorRequestHandler}
 */
// biome-ignore lint/complexity/useMaxParams: Express knows an error handler by its four parameters.
export const showError = (error, _request, response, next) => {
  const status = Number(error.status) || 500
  if (status >= 500) console.error(error)
  const message = messages[error.code] ?? (status < 500 ? 'The request makes no sense.' : 'Something failed.')
  if (response.headersSent) next(error)
  else response.status(status).send(layout('Sorry', messagePage(message), bareFrame))
}
