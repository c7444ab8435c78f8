import { configure } from '@codegenie/serverless-express'
import vendia from '@vendia/serverless-express'
import cookieParser from 'cookie-parser'
import serverlessHttp from 'serverless-http'
import { answerError, expresses, namesOf, sentBack } from './serving.js'
import { openSession } from './stores.js'

const wrappers = {
  'serverless-http': app => serverlessHttp(app),
  '@codegenie/serverless-express': app => configure({ app }),
  '@vendia/serverless-express': app => vendia({ app }),
}

/** The app's handler, as the cloud would call it, and what is stored. */
function openFunction({ wrapper, express, store }) {
  const sessions = openSession(store)
  const app = expresses[express]()
  app.use(cookieParser(), sessions.middleware)
  app.post('/sign-in', (request, response) => {
    request.session.user = 'ada'
    response.cookie('own', '1').status(201).json({ user: 'ada' })
  })
  app.get('/who', (request, response) => response.json({ user: request.session.user ?? null }))
  app.get('/to', (request, response) => {
    request.session.went = true
    response.redirect('/who')
  })
  app.use(answerError)
  const handle = wrappers[wrapper](app)
  return { sessions, call: event => call(handle, event) }
}

async function call(handle, event) {
  const answer = await handle(event, { callbackWaitsForEmptyEventLoop: false })
  const { statusCode, body, multiValueHeaders = {}, headers = {}, cookies } = answer
  const listed = cookies ?? multiValueHeaders['set-cookie'] ?? headers['set-cookie'] ?? []
  return {
    status: statusCode,
    body,
    cookies: [listed].flat(),
    location: location(multiValueHeaders, headers),
  }
}

function location(many, one) {
  return [many.location ?? one.location].flat()[0]
}

/** What API Gateway sends: its first form, which most functions have, or its second. */
const events = {
  1: ({ method, path, cookie }) => ({
    httpMethod: method,
    path,
    resource: path,
    headers: { host: 'shop.example' },
    multiValueHeaders: { host: ['shop.example'], ...(cookie && { cookie: [cookie] }) },
    queryStringParameters: null,
    multiValueQueryStringParameters: null,
    requestContext: { httpMethod: method, path, stage: 'test', identity: { sourceIp: '192.0.2.1' } },
    body: null,
    isBase64Encoded: false,
  }),
  2: ({ method, path, cookie }) => ({
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: '',
    cookies: cookie ? [cookie] : [],
    headers: { host: 'shop.example' },
    requestContext: { http: { method, path, sourceIp: '192.0.2.1' }, stage: '$default', timeEpoch: 0 },
    isBase64Encoded: false,
  }),
}

/** A first sign-in, and the request that follows. */
export async function signIn(options) {
  const { call: send, sessions } = openFunction(options)
  const event = events[options.form ?? 1]
  const { cookies, status, body } = await send(event({ method: 'POST', path: '/sign-in' }))
  const second = await send(event({ method: 'GET', path: '/who', cookie: sentBack(cookies) }))
  return {
    first: { status, body, names: namesOf(cookies).sort() },
    second: { status: second.status, body: second.body },
    held: await sessions.held(),
  }
}

export async function redirect(options) {
  const { call: send } = openFunction(options)
  const answer = await send(events[1]({ method: 'GET', path: '/to' }))
  return { status: answer.status, location: answer.location, names: namesOf(answer.cookies) }
}

/** The answer of a sign-in that cannot be stored. */
export async function failedSave(options) {
  const { call: send, sessions } = openFunction(options)
  sessions.store.failing.add('set')
  const { status, body, cookies } = await send(events[1]({ method: 'POST', path: '/sign-in' }))
  return { status, body, names: namesOf(cookies) }
}
