import session, { session as named, openStore, Store } from 'sojourn'
import DeepStore from 'sojourn/session/store'
import { fakeClock } from 'sojourn/testing'
import exercise from './exercise.cjs'

test('one copy is loaded, and its stores work', async () => {
  expect(session.Store).toBe(Store)
  expect(DeepStore).toBe(Store)
  expect(named).toBe(session)
  expect(typeof fakeClock).toBe('function')
  await exercise(session, openStore(`lmdb:${process.env.SESSIONS}`))
})
