import assert from 'node:assert/strict'
import test from 'node:test'
import { Driver } from './driver.mjs'
import { createReport, formatReport } from './report.mjs'
import { compare, resolve, summarise } from './statistics.mjs'

const scenario = { name: 'read', title: 'signed in, read', goal: 10 }

test('the figure of several passes is their median, with the quartiles beside it', () => {
  assert.deepEqual(summarise([9, 1, 5, 3, 7]), { median: 5, low: 3, high: 7 })
  assert.deepEqual(summarise([2, 4]), { median: 3, low: 2.5, high: 3.5 })
})

test('a figure that is smaller than its own spread is only a bound', () => {
  const figure = resolve({ median: 0.1, low: -0.1, high: 0.3 }, 0)
  assert.deepEqual([figure.isBound, figure.value], [true, 0.4])
})

test('a figure that is smaller than what the stand makes of nothing is only a bound', () => {
  const figure = resolve({ median: 0.3, low: 0.29, high: 0.31 }, 0.5)
  assert.deepEqual([figure.isBound, figure.value], [true, 0.5])
})

test('a ratio to a bound that does not reach the goal is not called missed', () => {
  const reference = { value: 30, isBound: false }
  assert.equal(compare(reference, { value: 5, isBound: true }, 10).verdict, 'not resolved')
  assert.equal(compare(reference, { value: 2, isBound: true }, 10).verdict, 'reached')
  assert.equal(compare(reference, { value: 5, isBound: false }, 10).verdict, 'missed')
})

test('the table shows what was added to the app alone', () => {
  const page = formatReport(reportOf({ 'express-session': [40, 41, 42], sojourn: [12, 12.1, 12.2] }))
  assert.match(
    page,
    /\| signed in, read \| 10\.0 \| 31\.0 \(30\.5 to 31\.5\) \| 2\.10 \(2\.05 to 2\.15\) \| 14\.8× \| 10× \| reached \|/,
  )
})

test('the table shows a bound where nothing can be told from noise', () => {
  const page = formatReport(reportOf({ 'express-session': [40, 40, 40], sojourn: [9.9, 10.1, 10.2] }))
  assert.match(page, /\| < 0\.15 \(0\.00 to 0\.15\) \| > 200× \|/)
})

test('an answer other than 200 ends the measurement', async () => {
  const driver = new Driver((_request, response) => response.writeHead(500).end(), [])
  await assert.rejects(driver.run(1), /got 500/)
})

test('the driver gives each visitor their cookie in turn and finds the cookie that went out', async () => {
  const seen = []
  const driver = new Driver(
    (request, response) => {
      seen.push(request.headers.cookie)
      response.writeHead(200, { 'Set-Cookie': 'sid=new; Path=/' }).end('page')
    },
    [Buffer.from('sid=a'), Buffer.from('sid=b')],
  )
  await driver.run(3)
  assert.deepEqual(seen, ['sid=a', 'sid=b', 'sid=a'])
  assert.deepEqual([driver.visitsOf(0), driver.visitsOf(1), driver.lastCookie], [2, 1, 'sid=new'])
})

function reportOf(passes) {
  const measurements = Object.entries({ control: [10, 10, 10], ...passes }).flatMap(([subject, values]) =>
    values.map(withSessions => ({
      subject,
      scenario: subject === 'control' ? 'stranger' : 'read',
      alone: 10,
      withSessions,
    })),
  )
  const machine = { node: 'Node', processor: 'A processor', processors: 1, system: 'A system', load: '0.00' }
  const facts = { app: 'node', machine, versions: 'none', sizes: { small: 190, large: 4096 }, seconds: 1 }
  return createReport({ ...facts, passes: 3, requests: 100, scenarios: [scenario], measurements })
}
