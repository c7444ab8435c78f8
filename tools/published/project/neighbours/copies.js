import session from 'express-session'
import secondSession from 'second-session'
import { ask, expresses, sentBack, serving } from './serving.js'
import { LateStore } from './stores.js'

const options = { secret: 'a secret of thirty-two bytes and more', resave: false, saveUninitialized: false }

/** The two copies of the package, each on a store of its own. */
function openBoth(store) {
  return [session, secondSession].map((copy, index) =>
    copy({ ...options, name: `sid-${index}`, store: store === 'late' ? new LateStore() : undefined }),
  )
}

function count(request, response) {
  request.session.count = (request.session.count ?? 0) + 1
  response.json({ count: request.session.count, hasId: typeof request.sessionID === 'string' })
}

async function countTwice(origin, path) {
  const { cookies } = await ask(origin, path)
  const { body } = await ask(origin, path, { cookie: sentBack(cookies) })
  return { ...JSON.parse(body), names: cookies.map(line => line.split('=', 1)[0]) }
}

export function areTwo() {
  return session !== secondSession
}

/** Each copy in an app of its own, both in one process. */
export async function inTwoApps({ express, store }) {
  const apps = openBoth(store).map(middleware => expresses[express]().use(middleware).get('/', count))
  return Promise.all(apps.map(app => serving(app, origin => countTwice(origin, '/'))))
}

/** Each copy under a path of its own in one app. */
export function inOneApp({ express, store }) {
  const [first, second] = openBoth(store)
  const app = expresses[express]()
  app.use('/first', first, count)
  app.use('/second', second, count)
  return serving(app, async origin => [
    await countTwice(origin, '/first'),
    await countTwice(origin, '/second'),
  ])
}

/** One copy behind the other for the same requests: the second one does nothing. */
export function oneBehindTheOther({ express, store }) {
  const app = expresses[express]()
  app.use(...openBoth(store))
  app.get('/', count)
  return serving(app, origin => countTwice(origin, '/'))
}
