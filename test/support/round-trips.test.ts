import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { RoundTrips } from './round-trips.ts'

let server: Server
let trips: RoundTrips
const clients: Socket[] = []

beforeEach(async () => {
  server = createServer(socket => {
    socket.on('error', () => undefined)
    socket.on('data', bytes => socket.write(bytes))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  // It listens on a port, and not on a pipe.
  trips = await RoundTrips.start((server.address() as AddressInfo).port)
})
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy()
  await trips.stop()
  server.close()
})

function opened(): Socket {
  const client = connect(trips.port, '127.0.0.1')
  clients.push(client)
  return client
}

async function ask(client: Socket): Promise<void> {
  client.write('question')
  await once(client, 'data')
}

test('commands that wait for each other are as many round trips', async () => {
  const client = opened()
  for (let turn = 0; turn < 3; turn += 1) await ask(client)
  expect(trips.count).toBe(3)
})

test('commands that leave together are one round trip, on one connection or on several', async () => {
  const [first, second] = [opened(), opened()]
  first.write('question')
  await Promise.all([ask(first), ask(second)])
  expect(trips.count).toBe(1)
})

test('a count begins with a reset', async () => {
  const client = opened()
  await ask(client)
  trips.reset()
  expect(trips.count).toBe(0)
  await ask(client)
  expect(trips.count).toBe(1)
})
