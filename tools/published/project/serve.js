import { createServer } from 'node:http'

/**
 * Serves an app on a free port of 127.0.0.1, tells the parent process which, and ends with it: when the
 * parent disconnects, or dies, nothing of the app is left behind.
 */
export function serve(app) {
  const server = createServer(app)
  server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
  process.once('disconnect', () => process.exit())
}

/** What the parent process wants: which store, where its data is, which secrets. */
export const appOptions = JSON.parse(process.env.APP_OPTIONS)

/** Routes by which the scenarios look at what the store has written. They know nothing of sessions. */
export function addRecordRoutes(app, { records, commands = () => [], discard = () => {} }) {
  app.get('/written', async (_request, response) => {
    response.json({ records: await records(), commands: commands() })
  })
  app.post('/discard', async (_request, response) => {
    await discard()
    response.json('discarded')
  })
}
