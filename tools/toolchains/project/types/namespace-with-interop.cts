import * as everything from 'sojourn'
import session, { MemoryStore, type SessionData } from 'sojourn'

declare module 'sojourn' {
  interface SessionData {
    interop: number
  }
}

const data: Partial<SessionData> = { interop: 1 }
// @ts-expect-error With `esModuleInterop` a namespace is no function.
const wrong = () => everything({ secret: 'thirty-two bytes that only this knows' })
const middleware = session({ secret: 'thirty-two bytes that only this knows', store: new MemoryStore() })
if (middleware.sessions === undefined) throw new Error('It is something else.')
void [data, wrong]
