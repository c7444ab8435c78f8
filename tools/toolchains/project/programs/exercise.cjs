'use strict'

/**
 * A visitor leaves something in a session, and finds it again. No module of Node's is used, so that a bundle has only those
 * that Sojourn needs.
 */
module.exports = async function exercise(session, store) {
  const sessions = session.createSessions({ secret: 'thirty-two bytes that only this knows', store })
  const first = await visit(sessions, undefined, data => {
    data.views = 1
  })
  const again = await visit(sessions, first.setCookie.split(';')[0], () => undefined)
  if (again.session.views !== 1) throw new Error('The session was not found again.')
  if (!(new session.MemoryStore() instanceof session.Store)) throw new Error('There are two copies.')
  await store.close()
}

async function visit(sessions, cookieHeader, use) {
  const visit = sessions.visit({ cookieHeader, isSecure: true, request: {} })
  await visit.open()
  use(visit.session)
  await visit.commit()
  return visit
}
