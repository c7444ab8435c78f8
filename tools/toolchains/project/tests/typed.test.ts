import session, { type SessionData, Store } from 'sojourn'
import { memoryStore } from 'sojourn/memory'

declare module 'sojourn' {
  interface SessionData {
    views: number
  }
}

class Own extends Store {}

test('it is loaded, and its types are known', () => {
  const data: Partial<SessionData> = { views: 1 }
  expect(data.views).toBe(1)
  expect(new Own()).toBeInstanceOf(session.Store)
  expect(typeof session({ secret: 'thirty-two bytes that only this knows', store: memoryStore() })).toBe(
    'function',
  )
})
