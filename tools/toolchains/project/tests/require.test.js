const session = require('sojourn')
const { redisStore } = require('sojourn/redis')
const Store = require('sojourn/session/store')
const { lmdbStore } = require('sojourn/lmdb')
const exercise = require('./exercise.cjs')

test('one copy is loaded, and its stores work', async () => {
  expect(session.Store).toBe(Store)
  expect(typeof redisStore).toBe('function')
  await exercise(session, lmdbStore({ path: process.env.SESSIONS }))
})

test('values beyond JSON are kept', () => {
  expect(
    session({ secret: 'thirty-two bytes that only this knows', codec: 'structured' }).sessions,
  ).toBeDefined()
})
