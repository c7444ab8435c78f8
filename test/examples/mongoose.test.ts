import { randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Express } from 'express'
import mongoose from 'mongoose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeMongodb } from '../support/services/mongodb.ts'

const example: string = '../../examples/mongoose.js'

describeMongodb('the example with Mongoose', url => {
  let server: Server
  beforeAll(async () => {
    const { application }: { application(secret: string): Express } = await import(example)
    server = application('a secret that only this test knows, and nobody else').listen(0)
    // After the application was made, as a server does that connects in the background.
    await mongoose.connect(url, { dbName: `example_${randomUUID().slice(0, 8)}` })
  })
  afterAll(async () => {
    server.close()
    await mongoose.connection.dropDatabase()
    await mongoose.disconnect()
  })

  const ask = async (method: string, path: string, cookie = '') => {
    const { port } = server.address() as AddressInfo
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers: { cookie } })
    return { said: await answer.text(), cookie: answer.headers.getSetCookie()[0]?.split(';')[0] ?? cookie }
  }

  test('counts visits, signs in, and changes the data of all sessions of a user', async () => {
    const { cookie } = await ask('GET', '/')
    expect((await ask('GET', '/', cookie)).said).toBe('You have been here 2 times.\n')
    const ada = await ask('POST', '/sign-in/ada', cookie)
    expect(ada.said).toBe('Hello, ada.\n')
    expect((await ask('POST', '/promote/ada')).said).toBe('1 sessions changed.\n')
    expect((await ask('GET', '/', ada.cookie)).said).toBe('You have been here 1 times.\n')
  })
})
